package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"multivac"
	"multivac/internal/audit"
	"multivac/internal/auth"
)

// OpenKeys opens the keys in the store of the settings, which it makes if
// missing, and nothing else of it. It returns an ErrInUse where a server has
// the data folder.
func OpenKeys(ctx context.Context, s Settings) (multivac.Keys, func() error, error) {
	db, shut, err := s.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	return auth.NewKeyring(db, time.Now), shut, nil
}

// KeyNeeded says whether a key was made, so that one is needed.
func (a *App) KeyNeeded(ctx context.Context) (bool, error) { return a.keyring.Needed(ctx) }

// AdminKey makes the key in the file one of scope admin, if it is not yet.
// Where there is no file, it makes a key and writes it there, for the owner of
// the process only to read.
func (a *App) AdminKey(ctx context.Context, file string) (err error) {
	defer multivac.Wrap(&err, "admin key")
	text, err := ReadKey(file)
	made := errors.Is(err, fs.ErrNotExist)
	if made {
		_, text = auth.NewText()
		err = writeKey(file, text)
		if errors.Is(err, fs.ErrExist) { // another process was faster
			made = false
			text, err = ReadKey(file)
		}
	}
	if err != nil {
		return err
	}
	k, adopted, err := a.keyring.Adopt(ctx, text, "admin, from "+multivac.Clip(filepath.Base(file), 100))
	if err != nil {
		return fmt.Errorf("file %s: %w", file, err)
	}
	if adopted {
		a.early = append(a.early, audit.Event{Action: "make-key", Subject: k.ID, Scopes: k.Scopes, Outcome: "done"})
		a.log().InfoContext(ctx, "the admin key is in the file", "file", file, "key", k.ID, "file_made", made)
	}
	return nil
}

// ReadKey returns the text of the key in a file. It says nothing of what else
// the file may hold.
func ReadKey(file string) (multivac.KeyText, error) {
	const most = 4096
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.IsDir() || info.Size() > most {
		return "", multivac.Errorf(multivac.ErrInvalid, "name a file with a key in it and nothing else", "%s holds no key", file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	text := auth.ReadText(string(b))
	if _, err := auth.Parse(text); err != nil {
		return "", fmt.Errorf("file %s: %w", file, err)
	}
	return text, nil
}

// writeKey writes the whole file or nothing. It returns fs.ErrExist where there
// is one by now.
func writeKey(file string, text multivac.KeyText) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".multivac-key-*") // with mode 0600
	if err != nil {
		return multivac.Errorf(multivac.ErrUnavailable, "make its folder, and let the server write there", "cannot write %s: %v", file, err)
	}
	defer os.Remove(f.Name())
	if _, err = f.WriteString(string(text) + "\n"); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Link(f.Name(), file); errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return os.Rename(f.Name(), file) // where there are no links
	}
	return err
}
