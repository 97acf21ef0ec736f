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

// maxSecret is the largest size of a secret file, in bytes.
const maxSecret = 64 << 10

// secretFiles returns the layer of files that hold one value each: those in the
// folder of secrets, overridden by those that settings name one by one.
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
			l.secretFile(v, s, readSecret(path.value.(string)), path.where)
		}
	}
	return v
}

// named returns the path that a setting of the other layers names.
func (l *loading) named(key string, flags values) (given, bool) {
	g, ok := flags[key]
	if !ok {
		g, _ = l.winner(key)
	}
	return g, g.value != ""
}

// folder reads a folder of secret files. If Kubernetes swaps the link ..data
// while it reads, it starts again, so that all files are of one moment.
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
			continue // the folder changed during the reading
		}
		if err != nil {
			fmt.Fprintf(l.sum, "%q %v\n", path, err)
			l.problems.addPath("secrets", folder, err)
			return
		}
		for _, f := range files {
			f.path = filepath.Join(path, filepath.Base(f.path)) // without the target of the link
			l.inFolder(v, f, folder.where)
		}
		return
	}
	l.problems.addPath("secrets", folder, errors.New("it changes all the time"))
}

// A secretFile is the content of a secret file, or why it cannot be read.
type secretFile struct {
	path    string
	content []byte
	mode    fs.FileMode
	err     error
}

func readSecret(path string) secretFile {
	content, mode, err := readRegular(path, maxSecret)
	return secretFile{path, content, mode, err}
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
		files = append(files, readSecret(filepath.Join(path, e.Name())))
	}
	return files, nil
}

// inFolder reads a file whose name is a setting. A name that is almost a
// setting is an error. Other files, such as certificates, are ignored.
func (l *loading) inFolder(v values, f secretFile, folder string) {
	name := filepath.Base(f.path)
	s, known := byKey[name]
	if known && name != "secrets" && !isCompanion(name) {
		l.secretFile(v, s, f, folder)
		return
	}
	var candidates []string
	for _, s := range table {
		if strings.Contains(s.Key, ".") { // many volumes have a tls.crt, which is too similar to tls-cert
			candidates = append(candidates, s.Key)
		}
	}
	section, _, inside := strings.Cut(name, ".")
	near := Nearest(name, candidates)
	if near != "" || inside && isSection(section) {
		l.problems.add("", f.path, unknownKey(name, false, false))
	}
}

// secretFile reads a file with one value. named is where a setting names the
// file or its folder.
func (l *loading) secretFile(v values, s Setting, f secretFile, named string) {
	fmt.Fprintf(l.sum, "%q %q %v\n", f.path, f.content, f.err)
	text := strings.TrimSuffix(strings.TrimSuffix(string(f.content), "\n"), "\r")
	err := f.err
	if err == nil && text == "" {
		err = wrong("write the value into it, and nothing else", "it is empty")
	}
	if err != nil {
		l.problems.add(s.Key, f.path+", which "+named+" names", cannotRead(err))
		return
	}
	if s.Secret && f.mode.Perm()&0o004 != 0 && runtime.GOOS != "windows" {
		l.Warnings.add(s.Key, f.path, wrong("take that right away, with chmod 0400, or with defaultMode: 0400 of a volume in Kubernetes", "everyone on this machine may read this secret"))
	}
	l.take(v, s, f.path, text)
}
