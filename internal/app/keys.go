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
	"multivac/internal/store/sqlite"
)

// OpenKeys opens the keys in a data folder, which it makes if missing, and
// nothing else of it. It returns an ErrInUse where a server has the folder.
func OpenKeys(dir string) (multivac.Keys, func() error, error) {
	db, err := sqlite.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	return auth.NewKeyring(db, time.Now), db.Close, nil
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

// writeKey writes the whole file or nothing.
func writeKey(file string, text multivac.KeyText) (err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".multivac-key-*") // with mode 0600
	if err != nil {
		return multivac.Errorf(multivac.ErrUnavailable, "make its folder, and let the server write there", "cannot write %s: %v", file, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err = f.WriteString(string(text) + "\n"); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
