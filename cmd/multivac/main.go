// Command multivac tells documents to MultiVAC and asks it questions.
package main

import (
	"context"
	"os"

	"multivac/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
