package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"sync"
	"time"
)

// folders has a folder for each page, with its styles and scripts, and the
// folder base with those of all pages.
//
//go:embed pages
var folders embed.FS

// An asset is a file that pages refer to.
type asset struct {
	body    []byte
	version string
}

// assets are those of all folders, by their names without the folder.
var assets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	err := fs.WalkDir(folders, "pages", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := folders.ReadFile(file)
		sum := sha256.Sum256(body)
		all[path.Base(file)] = asset{body, hex.EncodeToString(sum[:6])}
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("ui: %v", err)) // they are in the binary, so every test would fail
	}
	return all
})

// assetAddress returns the address of an asset, which changes with its content.
func assetAddress(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic(fmt.Sprintf("ui: there is no asset %q", name)) // tests make every page
	}
	return "/ui/assets/" + name + "?v=" + a.version
}

// serveAsset serves an asset, whichever version is asked for: while replicas
// are replaced, a page may come from one replica and its style from another.
// The client may only cache it if it is the version that was asked for.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	a, ok := assets()[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	cache := "no-cache"
	if r.URL.Query().Get("v") == a.version {
		cache = "public, max-age=31536000, immutable"
	}
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("ETag", `"`+a.version+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.body))
}
