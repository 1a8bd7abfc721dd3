"""Training of the models that kgqa ships: each trainer is what one `kgqa train` verb runs."""
