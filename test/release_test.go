package test

import (
	"debug/elf"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// All scripts that build a release use the flags of servers.Build, by which the
// binary of these tests is built.
func TestReleaseBuildsAreStripped(t *testing.T) {
	command := regexp.MustCompile(`go build (?:.*\\\n)*.*\./cmd/multivac\b`)
	for _, file := range []string{"../Makefile", "../deploy/images/build"} {
		builds := command.FindAllString(readFile(t, file), -1)
		if len(builds) == 0 {
			t.Errorf("%s builds nothing", file)
		}
		for _, b := range builds {
			contains(t, file, b, "-trimpath", "-s -w", "-tags grpcnotrace")
		}
	}
}

// A release has no symbols, nothing for debuggers, and no path of the machine
// that built it.
func TestBinaryIsStripped(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: the binary is no ELF file here")
	}
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, s := range f.Sections {
		if s.Type == elf.SHT_SYMTAB || strings.HasPrefix(s.Name, ".debug") || strings.HasPrefix(s.Name, ".zdebug") {
			t.Errorf("the binary has a section %s of %d bytes", s.Name, s.Size)
		}
	}
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(readFile(t, binary), here+"/internal") {
		t.Errorf("the binary names the folder %s", here)
	}
}
