package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"multivac"
	"multivac/internal/extract/formats"
)

// A plan is the list of files that the paths of a command line stand for.
type plan struct {
	files    []file
	bytes    int64
	passed   []passed // in folders
	problems []error  // with paths
	limits   limits
}

// A passed is a file or folder in a folder that is not told, and why.
type passed struct {
	path string
	why  *multivac.Error
}

// Why files and folders in a folder are passed over.
var (
	hiddenFile  = multivac.Errorf(multivac.ErrInvalid, "name it to tell it", "it is hidden")
	ignoredFile = multivac.Errorf(multivac.ErrInvalid, "name it to tell it", "a .gitignore leaves it out")
	linkedFile  = multivac.Errorf(multivac.ErrInvalid, "name it to tell it", "it is a link, or no ordinary file")
	otherFile   = multivac.Errorf(multivac.ErrInvalid, "save it as one of the kinds that `multivac formats` lists", "it is not a kind of document I can read")
	emptyFile   = multivac.Errorf(multivac.ErrInvalid, "leave it out, or write something into it", "it is empty")
)

// walk finds the files of paths. It takes every file that is named. In folders,
// it leaves out hidden and ignored files, symbolic links and files that are no
// documents. A file that cannot be read becomes a problem, and walk goes on. What
// files hold is bounded by l.
func walk(ctx context.Context, paths []string, l limits) plan {
	p := plan{limits: l}
	for _, path := range paths {
		if path == stdin {
			p.files = append(p.files, file{path: stdin, limits: l})
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			p.problems = append(p.problems, unreadable(err))
		case info.IsDir():
			p.folder(ctx, filepath.Clean(path), rulesAbove(path))
		default:
			p.add(path, info)
		}
	}
	return p
}

func (p *plan) add(path string, info os.FileInfo) {
	path = filepath.Clean(path)
	p.files = append(p.files, file{path: path, source: filepath.ToSlash(path), size: info.Size(), limits: p.limits})
	p.bytes += info.Size()
}

func (p *plan) folder(ctx context.Context, dir string, r rules) {
	if ctx.Err() != nil {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		p.problems = append(p.problems, unreadable(err))
		return
	}
	r = r.with(dir)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
			p.passed = append(p.passed, passed{path, hiddenFile})
		case r.ignore(path, e.IsDir()):
			p.passed = append(p.passed, passed{path, ignoredFile})
		case e.IsDir():
			p.folder(ctx, path, r)
		case !e.Type().IsRegular(): // links may lead outside or in circles
			p.passed = append(p.passed, passed{path, linkedFile})
		case !isDocument(path):
			p.passed = append(p.passed, passed{path, otherFile})
		default:
			p.find(path, e)
		}
	}
}

// find adds a file in a folder.
func (p *plan) find(path string, e os.DirEntry) {
	info, err := e.Info()
	switch {
	case err != nil:
		p.problems = append(p.problems, unreadable(err))
	case info.Size() == 0: // a placeholder, such as .keep and __init__.py
		p.passed = append(p.passed, passed{path, emptyFile})
	default:
		p.add(path, info)
		p.files[len(p.files)-1].found = true
	}
}

// kinds says how many files of which kind were passed over because they are no
// documents, the most frequent kind first: "70 files: 41 .png, 20 .yaml, 9 .go".
// It is empty if there were none.
func (p *plan) kinds() string {
	const named = 8
	skipped := map[string]int{}
	for _, one := range p.passed {
		if one.why == otherFile {
			skipped[strings.ToLower(filepath.Ext(one.path))]++
		}
	}
	all, total := slices.Collect(maps.Keys(skipped)), 0
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(skipped[b]-skipped[a], strings.Compare(a, b)) })
	var kinds []string
	rest := 0
	for i, extension := range all {
		n := skipped[extension]
		total += n
		switch {
		case i >= named:
			rest += n
		case extension == "":
			kinds = append(kinds, fmt.Sprintf("%d without an extension", n))
		default:
			kinds = append(kinds, fmt.Sprintf("%d %s", n, printable(multivac.Clip(extension, 20))))
		}
	}
	if total == 0 {
		return ""
	}
	if rest > 0 {
		kinds = append(kinds, fmt.Sprintf("%d of other kinds", rest))
	}
	return count(total, "file") + ": " + strings.Join(kinds, ", ")
}

// printable returns t with a question mark in place of each character that
// could control a terminal.
func printable(t string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, t)
}

// isDocument reports whether a file in a folder is worth telling: its extension
// says so, or it has no extension and looks like text, as README does.
func isDocument(path string) bool {
	if filepath.Ext(path) != "" {
		return formats.All.Known(path)
	}
	switch filepath.Base(path) {
	case "Makefile", "Dockerfile", "Containerfile", "Gemfile", "Rakefile", "Procfile", "Vagrantfile", "Jenkinsfile":
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return true // becomes a problem when it is read
	}
	defer f.Close()
	head := make([]byte, 512)
	n, _ := f.Read(head)
	head = head[:n]
	_, err = formats.All.MediaType(path, head)
	return err == nil && !bytes.HasPrefix(head, []byte("#!"))
}

// rules are the rules in the .gitignore files of a folder and of those above
// it.
type rules struct {
	base     string // absolute; patterns and paths are relative to it
	patterns []gitignore.Pattern
}

// rulesAbove returns the rules of the repository that contains dir, without
// those of dir itself. It returns none if they ignore dir: the user has named
// it.
func rulesAbove(dir string) rules {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return rules{}
	}
	base := abs
	for at := abs; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			base = at
			break
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	r := rules{base: base}
	if base == abs {
		return r
	}
	at := base
	for _, name := range r.relative(abs) {
		r = r.with(at)
		at = filepath.Join(at, name)
		if r.ignore(at, true) {
			return rules{base: abs}
		}
	}
	return r
}

// with returns the rules together with those of the .gitignore in dir.
func (r rules) with(dir string) rules {
	text, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	if err != nil {
		return r // mostly because there is none
	}
	r.patterns = slices.Clip(r.patterns)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			r.patterns = append(r.patterns, gitignore.ParsePattern(line, r.relative(dir)))
		}
	}
	return r
}

func (r rules) ignore(path string, isDir bool) bool {
	return len(r.patterns) > 0 && gitignore.NewMatcher(r.patterns).Match(r.relative(path), isDir)
}

// relative returns the parts of path below base.
func (r rules) relative(path string) []string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	rel, err := filepath.Rel(r.base, abs)
	if err != nil || rel == "." {
		return nil
	}
	return strings.Split(rel, string(filepath.Separator))
}
