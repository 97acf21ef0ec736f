package ui

import (
	"io/fs"
	"path"
	"slices"
	"testing"
)

// TestEachFolderIsAPage checks that each folder has a page, and each page a
// folder. It also checks that no two files have the same name, because they are
// served without their folders.
func TestEachFolderIsAPage(t *testing.T) {
	entries, err := fs.ReadDir(folders, "pages")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if e.Name() != "base" {
			got = append(got, e.Name())
		}
	}
	var want []string
	for _, p := range pages {
		want = append(want, p.name)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the folders are %v, the pages %v", got, want)
	}
	seen := map[string]string{}
	_ = fs.WalkDir(folders, "pages", func(file string, d fs.DirEntry, err error) error {
		if name := path.Base(file); !d.IsDir() {
			if seen[name] != "" {
				t.Errorf("%s and %s have one name", seen[name], file)
			}
			seen[name] = file
		}
		return err
	})
}
