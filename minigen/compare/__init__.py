"""`minigen compare`: many training runs side by side, in parallel, as tables and as a page of figures."""
