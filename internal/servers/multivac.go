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

// Main is the TestMain of a package that drives the command from outside: it
// builds the command, says where it is, runs the tests and ends the process.
// Such a package imports internal/cli, so that a cached result is of this
// command. With -short nothing is built and no test is run.
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

// Build compiles a command of this module, named by its folder, as it is
// shipped.
func Build(file, command string) error {
	c := exec.Command("go", "build", "-tags", "grpcnotrace", "-trimpath", "-ldflags", "-s -w", "-o", file, "multivac/"+command)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", command, err, out)
	}
	return nil
}
