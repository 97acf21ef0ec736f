package cli

// SetDefaultServer keeps tests away from servers that run on this machine.
func SetDefaultServer(url string) { defaultServer = url }
