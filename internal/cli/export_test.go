package cli

// SetDefaultServer lets tests be without whatever listens on this machine.
func SetDefaultServer(url string) { defaultServer = url }
