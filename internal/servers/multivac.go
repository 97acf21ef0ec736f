package servers

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Main is the TestMain of a package that runs the built command. It builds the
// command, sets binary to its path, runs the tests and ends the process. Such a
// package imports internal/cli, so that go test does not take results of an
// older command from its cache. With -short it builds nothing and runs no test.
func Main(m *testing.M, binary *string) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("SKIPPED by -short: all tests that drive the built command from outside; run them without")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "multivac-test-")
	if err == nil {
		*binary = filepath.Join(dir, "multivac")
		err = Build(*binary, "cmd/multivac")
	}
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// Build compiles the command in a folder of this module to file, with the flags
// of a release.
func Build(file, command string) error {
	c := exec.Command("go", "build", "-tags", "grpcnotrace", "-trimpath", "-ldflags", "-s -w", "-o", file, "multivac/"+command)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", command, err, out)
	}
	return nil
}
