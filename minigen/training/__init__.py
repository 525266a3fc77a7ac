"""`minigen train MODEL`: what training runs of all models share; a model adds itself to models.MODELS."""
