"""What tests share: real repositories, real folders, fakes for our own protocols."""
