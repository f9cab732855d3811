"""The only place that knows which driver stands behind an interface; click-free."""
