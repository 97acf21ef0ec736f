package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"time"
)

// assets are the files that pages refer to, by folder and name. A name is
// there once in all folders.
var assets = []string{"base/base.css", "base/icon.svg", "ask/ask.css", "ask/ask.js", "collections/collections.css", "document/document.css", "signin/signin.css"}

// parts are the templates and assets, read.
type parts struct {
	pages  map[string]*template.Template
	assets map[string]asset // by name without folder
	keep   bool             // they never change under the address that pages give
}

type asset struct {
	body    []byte
	version string
}

func newParts(files fs.FS, keep bool) (*parts, error) {
	p := &parts{pages: map[string]*template.Template{}, assets: map[string]asset{}, keep: keep}
	for _, name := range assets {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		p.assets[path.Base(name)] = asset{body, hex.EncodeToString(sum[:6])}
	}
	functions := template.FuncMap{"asset": p.address, "number": number, "plural": plural, "lamp": lamp, "undirected": undirected}
	for _, name := range []string{"ask", "collections", "document", "signin"} {
		page, err := template.New("base.html").Funcs(functions).ParseFS(files, "base/*.html", name+"/*.html")
		if err != nil {
			return nil, err
		}
		p.pages[name] = page
	}
	return p, nil
}

// address returns where a page finds an asset. It changes with the asset.
func (p *parts) address(name string) (string, error) {
	a, ok := p.assets[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %q", name)
	}
	return "/ui/assets/" + name + "?v=" + a.version, nil
}

// asset serves the asset that is here whatever version is asked for, since
// while replicas are replaced a page may come from one and its style from
// another; but only the version asked for may be kept.
func (s *Site) asset(w http.ResponseWriter, r *http.Request) {
	p, err := s.load()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	name := r.PathValue("name")
	a, ok := p.assets[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	cache := "no-cache"
	if p.keep && r.URL.Query().Get("v") == a.version {
		cache = "public, max-age=31536000, immutable"
	}
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("ETag", `"`+a.version+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(a.body))
}
