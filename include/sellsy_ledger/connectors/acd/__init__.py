"""ACD i-Suite Expert: each accounting firm's own server, one client dossier at a time."""
