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

//go:embed */*.css */*.js */*.svg
var embedded embed.FS

// An asset is a file that pages refer to.
type asset struct {
	body    []byte
	version string
}

// assets are those of all folders by name; a name is there once in all of them.
var assets = sync.OnceValue(func() map[string]asset {
	all := map[string]asset{}
	err := fs.WalkDir(embedded, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := embedded.ReadFile(file)
		sum := sha256.Sum256(body)
		all[path.Base(file)] = asset{body, hex.EncodeToString(sum[:6])}
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("ui: %v", err)) // they are in the binary, and every test runs this
	}
	return all
})

// assetAddress returns where a page finds an asset. It changes with the asset.
func assetAddress(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic(fmt.Sprintf("ui: there is no asset %q", name)) // a page names it, and tests make every page
	}
	return "/ui/assets/" + name + "?v=" + a.version
}

// serveAsset serves the asset that is here whatever version is asked for, since
// while replicas are replaced a page may come from one and its style from
// another; but only the version asked for may be kept.
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
