"""The parts that several workloads need, in each library the way its users write them: network, loss, optimiser."""
