"""How the installation is: versions, servers, queues, what waits."""
