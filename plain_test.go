package multivac_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// archaic are words that comments must not use, because each of them costs a
// second reading. Say "the caller" or "they", "again", "besides" or "next to",
// "so that … not", "at the same time". The last ones are old words for
// "refresh".
var archaic = regexp.MustCompile(`(?i)\b(whoever|whomever|whosoever|lest|anew|beside|meanwhile|by and by|what is told|he|him|his|himself|(by|for|from|lets|to|with) who|resegment(s|ed|er)?|recuts?|enrich(es|ed|ing)?)\b`)

// quoted is text that a comment quotes. Any word may stand there.
var quoted = regexp.MustCompile("\"[^\"]*\"|`[^`]*`|“[^”]*”")

// moods are names that say how a wait feels. A constant is named by what it
// bounds: storeTimeout, heartbeatInterval, maxAttempts.
var moods = []string{
	"beat", "besides", "certain", "farewell", "goodbye", "hopeless", "maxHope", "maxLull",
	"moving", "patience", "rest", "restful", "sulk", "suspect",
}

// packageNames may not be declared in a package: the declaration would hide
// the package of this name.
var packageNames = []string{"context", "meaning", "errors", "slices", "strings", "time"}

// notYet are the folders whose comments or names are not plain yet. The test
// fails for a folder that has become plain, so that the list only shrinks.
var notYet = []string{}

// A source is a parsed Go file of the repository.
type source struct {
	folder string // "." or like internal/text
	file   *ast.File
	set    *token.FileSet
}

func (s source) at(n ast.Node) token.Position { return s.set.Position(n.Pos()) }

// sources parses all Go files, tests too, and those of test/bench.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch name := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin"):
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		all = append(all, source{filepath.ToSlash(filepath.Dir(file)), parsed, set})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// archaisms returns the lines of comments that have an archaic word.
func (s source) archaisms() []string {
	var all []string
	for _, group := range s.file.Comments {
		for _, c := range group.List {
			if word := archaic.FindString(quoted.ReplaceAllString(c.Text, "")); word != "" {
				all = append(all, fmt.Sprintf("%s: the comment says %q", s.at(c), word))
			}
		}
	}
	return all
}

// badNames returns the declarations of the package whose names are moods or
// hide a package.
func (s source) badNames() []string {
	var all []string
	for _, decl := range s.file.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			values, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for _, name := range values.Names {
				switch {
				case slices.Contains(moods, name.Name):
					all = append(all, fmt.Sprintf("%s: %s does not say what it bounds", s.at(name), name.Name))
				case slices.Contains(packageNames, name.Name):
					all = append(all, fmt.Sprintf("%s: %s hides the package", s.at(name), name.Name))
				}
			}
		}
	}
	return all
}

func TestPlainEnglish(t *testing.T) {
	faults := map[string][]string{}
	for _, s := range sources(t) {
		faults[s.folder] = slices.Concat(faults[s.folder], s.archaisms(), s.badNames())
	}
	for folder, found := range faults {
		waits := slices.Contains(notYet, folder)
		switch {
		case waits && len(found) == 0:
			t.Errorf("%s is plain: remove it from notYet", folder)
		case !waits:
			for _, f := range found {
				t.Error(f)
			}
		}
	}
	for _, folder := range notYet {
		if _, there := faults[folder]; !there {
			t.Errorf("notYet names %s, which is not there", folder)
		}
	}
}

// supportsTests reports whether a folder has code for tests only. The figures
// of form are those of the product.
func supportsTests(folder string) bool {
	return slices.Contains([]string{"storetest", "queuetest", "webtest", "findtest", "extracttest", "servers", "require", "golden", "eventually"}, path.Base(folder)) ||
		strings.HasPrefix(folder, "test/")
}

func inTest(s source) bool {
	return supportsTests(s.folder) || strings.HasSuffix(s.set.File(s.file.Pos()).Name(), "_test.go")
}

// TestExportedIsDocumented wants a doc comment on each exported declaration.
// A group of constants may have one comment for all of them.
func TestExportedIsDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if inTest(s) {
			continue
		}
		for _, decl := range s.file.Decls {
			for _, name := range undocumented(decl) {
				t.Errorf("%s: %s is exported and has no comment", s.at(name), name.Name)
			}
		}
	}
}

// undocumented returns the exported names of a declaration without a comment.
func undocumented(decl ast.Decl) []*ast.Ident {
	var names []*ast.Ident
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && (d.Recv == nil || exportedReceiver(d.Recv)) {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch v := spec.(type) {
			case *ast.TypeSpec:
				if d.Doc == nil && v.Doc == nil && v.Comment == nil {
					names = append(names, v.Name)
				}
			case *ast.ValueSpec:
				if d.Doc == nil && v.Doc == nil && v.Comment == nil {
					names = append(names, v.Names...)
				}
			}
		}
	}
	return slices.DeleteFunc(names, func(n *ast.Ident) bool { return !n.IsExported() })
}

// exportedReceiver reports whether a method belongs to an exported type.
func exportedReceiver(receiver *ast.FieldList) bool {
	kind := receiver.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	if generic, ok := kind.(*ast.IndexExpr); ok {
		kind = generic.X
	}
	name, ok := kind.(*ast.Ident)
	return ok && name.IsExported()
}

// TestFunctionsStayShort holds the figures of form: a function fits a screen.
func TestFunctionsStayShort(t *testing.T) {
	const maxLines, maxMedian, maxP99 = 80, 10, 46
	type function struct {
		name  string
		lines int
	}
	var all []function
	for _, s := range sources(t) {
		if inTest(s) {
			continue
		}
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				lines := s.set.Position(f.End()).Line - s.at(f.Name).Line + 1
				all = append(all, function{fmt.Sprintf("%s: %s", s.at(f), f.Name.Name), lines})
			}
		}
	}
	slices.SortFunc(all, func(a, b function) int { return cmp.Compare(a.lines, b.lines) })
	if longest := all[len(all)-1]; longest.lines > maxLines {
		t.Errorf("%s has %d lines, at most %d are allowed", longest.name, longest.lines, maxLines)
	}
	if median := all[len(all)/2].lines; median > maxMedian {
		t.Errorf("the median function has %d lines, at most %d are allowed", median, maxMedian)
	}
	if p99 := all[len(all)*99/100]; p99.lines > maxP99 {
		t.Errorf("1%% of the functions have %d lines or more (%s), at most %d are allowed", p99.lines, p99.name, maxP99)
	}
	t.Logf("%d functions, median %d, p99 %d, longest %d lines", len(all), all[len(all)/2].lines, all[len(all)*99/100].lines, all[len(all)-1].lines)
}

// pathInPage is a path of a package or file of this repository.
var pathInPage = regexp.MustCompile("`((?:internal|cmd|test|deploy)/[a-zA-Z0-9_./-]*)`")

// TestPagesNameWhatIsThere wants each path in the pages for contributors to
// exist, and each room to be in the table of the design.
func TestPagesNameWhatIsThere(t *testing.T) {
	for _, page := range []string{"doc/design.md", "doc/glossary.md", "CONTRIBUTING.md"} {
		for _, m := range pathInPage.FindAllStringSubmatch(readPage(t, page), -1) {
			name := m[1]
			if strings.Contains(name, "NAME") { // a placeholder
				continue
			}
			_, err := os.Stat(name)
			if err != nil {
				t.Errorf("%s names %s, which is not there", page, name)
			}
		}
	}
	design := readPage(t, "doc/design.md")
	for room := range table(directions) {
		if strings.Count(room, "/") == 1 && strings.HasPrefix(room, "internal/") && !strings.Contains(design, "\n| `"+room+"` |") {
			t.Errorf("the table of rooms in doc/design.md has no row for %s", room)
		}
	}
}

func readPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
