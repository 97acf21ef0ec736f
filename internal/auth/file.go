package auth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"multivac"
)

// maxKeyFile is how many bytes a file with a key in it may have.
const maxKeyFile = 4096

// An Adoption is what became of the key in a file.
type Adoption struct {
	Key      multivac.Key
	Adopted  bool // the keyring did not have the key before
	FileMade bool // the file was not there before
}

// AdoptFile makes the key in the file one of scope admin, if it is not one yet.
// Where there is no file, it makes a key and a file that only the owner of the
// process can read. It returns an ErrUnauthorized where the key is not one of
// scope admin, or was revoked; an ErrInvalid where the file holds no key.
func (r *Keyring) AdoptFile(ctx context.Context, file string) (a Adoption, err error) {
	text, err := ReadKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		_, text = NewText()
		err = writeKey(file, text)
		a.FileMade = err == nil
		if errors.Is(err, fs.ErrExist) { // another process was faster
			text, err = ReadKey(file)
		}
	}
	if err != nil {
		return a, err
	}
	a.Key, a.Adopted, err = r.Adopt(ctx, text, "admin, from "+multivac.Clip(filepath.Base(file), 100))
	if err != nil {
		return a, fmt.Errorf("file %s: %w", file, err)
	}
	return a, nil
}

// ReadKey returns the text of the key in a file. Its errors say nothing of what
// else the file may hold: ErrInvalid where it holds no key, and those of the
// file system.
func ReadKey(file string) (multivac.KeyText, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.IsDir() || info.Size() > maxKeyFile {
		return "", multivac.Errorf(multivac.ErrInvalid, "name a file with a key in it and nothing else", "%s holds no key", file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	text := ReadText(string(b))
	if _, err := Parse(text); err != nil {
		return "", fmt.Errorf("file %s: %w", file, err)
	}
	return text, nil
}

// writeKey writes the whole file or nothing. It returns fs.ErrExist where there
// is a file by now.
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
	// A link fails where there is a file, and a rename would replace that. Where
	// the file system has no links, the rename has to do.
	if err = os.Link(f.Name(), file); errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return os.Rename(f.Name(), file)
	}
	return err
}
