package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxSecret is how large a secret file may be.
const maxSecret = 64 << 10

// secretFiles returns the layer of files that hold one value each: those in
// the folder of secrets, and over them those that are named one by one.
func (l *loading) secretFiles(flags values) values {
	v := values{}
	if folder, ok := l.named("secrets", flags); ok {
		l.folder(v, folder)
	}
	for _, s := range table {
		if !s.Secret {
			continue
		}
		if path, ok := l.named(s.Key+fileSuffix, flags); ok {
			content, mode, err := readRegular(path.value.(string), maxSecret)
			l.secretFile(v, s, path.value.(string), content, mode, err, path.where)
		}
	}
	return v
}

// named returns a path that a setting in the other layers names.
func (l *loading) named(key string, flags values) (given, bool) {
	g, ok := flags[key]
	if !ok {
		g, _ = l.winner(key)
	}
	return g, g.value != ""
}

// folder reads a folder of secret files, and all of it from one moment, where
// Kubernetes swaps the link ..data to change it.
func (l *loading) folder(v values, folder given) {
	path := folder.value.(string)
	for range 5 {
		link, _ := os.Readlink(filepath.Join(path, "..data"))
		from := path
		if link != "" && filepath.IsLocal(link) {
			from = filepath.Join(path, link)
		}
		files, err := readFolder(from)
		if again, _ := os.Readlink(filepath.Join(path, "..data")); again != link {
			continue // it changed meanwhile
		}
		if err != nil {
			fmt.Fprintf(l.sum, "%q %v\n", path, err)
			l.problems.addPath("secrets", folder, err)
			return
		}
		for _, f := range files {
			l.inFolder(v, filepath.Join(path, f.name), f, folder.where)
		}
		return
	}
	l.problems.addPath("secrets", folder, errors.New("it changes all the time"))
}

// A secretFile is one in a folder.
type secretFile struct {
	name    string
	content []byte
	mode    fs.FileMode
	err     error
}

func readFolder(path string) ([]secretFile, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []secretFile
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() {
			continue
		}
		f := secretFile{name: e.Name()}
		f.content, f.mode, f.err = readRegular(filepath.Join(path, f.name), maxSecret)
		files = append(files, f)
	}
	return files, nil
}

// inFolder takes a file whose name is a setting. One that looks like it is
// wrong; others, such as certificates, may lie there.
func (l *loading) inFolder(v values, path string, f secretFile, where string) {
	s, known := byKey[f.name]
	if known && f.name != "secrets" && !isCompanion(f.name) {
		l.secretFile(v, s, path, f.content, f.mode, f.err, where)
		return
	}
	var candidates []string
	for _, s := range table {
		if strings.Contains(s.Key, ".") { // tls.crt is too like tls-cert, and belongs to many a volume
			candidates = append(candidates, s.Key)
		}
	}
	section, _, inside := strings.Cut(f.name, ".")
	near := Nearest(f.name, candidates)
	if near != "" || inside && isSection(section) {
		l.problems.add("", path, unknownKey(f.name, false, false))
	}
}

// secretFile takes what a file says that holds one value.
func (l *loading) secretFile(v values, s Setting, path string, content []byte, mode fs.FileMode, err error, named string) {
	fmt.Fprintf(l.sum, "%q %q %v\n", path, content, err)
	text := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if err == nil && text == "" {
		err = wrong("write the value into it, and nothing else", "it is empty")
	}
	if err != nil {
		if named != "" {
			path += ", which " + named + " names"
		}
		l.problems.add(s.Key, path, cannotRead(err))
		return
	}
	if s.Secret && mode.Perm()&0o004 != 0 && runtime.GOOS != "windows" {
		l.Warnings.add(s.Key, path, wrong("take that right away, with chmod 0400, or with defaultMode: 0400 of a volume in Kubernetes", "everyone on this machine may read this secret"))
	}
	l.take(v, s, path, text)
}
