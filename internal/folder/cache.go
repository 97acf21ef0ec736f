package folder

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// mostBytes bounds the files of a cache together. It is room for the vectors of
// 1.4 million sentences.
const mostBytes = 512 << 20

// touched is how old the time of a file may become before its use renews it.
const touched = 24 * time.Hour

// A Cache keeps vectors in a folder for the next run, each piece in a file named
// after the text that it is made of. It may be lost, and many processes may use
// it at the same time.
type Cache struct {
	dir  string
	most int64
}

// NewCache returns a cache in the folder dir, which is made when something is
// kept.
func NewCache(dir string) *Cache { return &Cache{dir, mostBytes} }

func (c *Cache) path(key [sha256.Size]byte) string {
	name := hex.EncodeToString(key[:])
	return filepath.Join(c.dir, name[:2], name[2:])
}

// get returns what was put with the key, or nil. A file that is not whole or has
// another size than wanted counts as none.
func (c *Cache) get(key [sha256.Size]byte, size int) []byte {
	if c == nil {
		return nil
	}
	path := c.path(key)
	info, err := os.Stat(path)
	if err != nil || info.Size() != int64(size+sha256.Size) {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil || len(b) != size+sha256.Size {
		return nil
	}
	if sum := sha256.Sum256(b[:size]); !bytes.Equal(sum[:], b[size:]) {
		return nil
	}
	if now := time.Now(); now.Sub(info.ModTime()) > touched {
		_ = os.Chtimes(path, now, now) // trim takes it for older than it is
	}
	return b[:size]
}

// put keeps vectors. Others see the whole file or none; it is not synced, because
// the checksum finds out what a crash leaves behind.
func (c *Cache) put(key [sha256.Size]byte, vectors []byte) error {
	if c == nil {
		return nil
	}
	path := c.path(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "new-*") // only its owner may read it
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails where it was renamed
	sum := sha256.Sum256(vectors)
	_, err = f.Write(slices.Concat(vectors, sum[:]))
	if err = cmp.Or(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// trim removes the files that were not used for longest, until the cache is
// within its bound.
func (c *Cache) trim() {
	if c == nil {
		return
	}
	type file struct {
		path string
		size int64
		used time.Time
	}
	var files []file
	total := int64(0)
	_ = filepath.WalkDir(c.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // another process removes, too
		}
		if info, err := e.Info(); err == nil {
			files = append(files, file{path, info.Size(), info.ModTime()})
			total += info.Size()
		}
		return nil
	})
	slices.SortFunc(files, func(a, b file) int { return a.used.Compare(b.used) })
	for _, f := range files {
		if total <= c.most {
			return
		}
		_ = os.Remove(f.path)
		total -= f.size
	}
}
