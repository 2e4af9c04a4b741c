"""Published tables as readers want them: text, LaTeX, files. It answers in a second: no figures."""
