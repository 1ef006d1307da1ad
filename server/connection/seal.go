package connection

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Seal encrypts what connectors keep, with AES-256-GCM and the place of the value
// as authenticated data, so that a value moved to another row does not open.
type Seal struct {
	aead  cipher.AEAD
	names []byte
}

// Place is where a sealed value belongs. The version lets no older value of the
// same field stand in for a newer one.
type Place struct {
	Table   string
	Row     ledger.ID
	Field   string
	Version int64
}

// String gives the authenticated data.
func (p Place) String() string { return fmt.Sprintf("%s|%d|%s|%d", p.Table, p.Row, p.Field, p.Version) }

// KeySize is the length of a key in bytes.
const KeySize = 32

// NewSeal makes a Seal of a key.
func NewSeal(key []byte) (*Seal, error) {
	if len(key) != KeySize {
		return nil, fault.New("secret.key_invalid", "the key has %d bytes and must have %d", len(key), KeySize).
			Classed(fault.Config).Hinted("restore the key file that belongs to this data")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(err, "secret.key_invalid", "the key can't be used")
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fault.Wrap(err, "secret.key_invalid", "the key can't be used")
	}
	return &Seal{aead, sum(key, "names of what is counted together")}, nil
}

// LoadKey reads the key file and makes it at first use, readable by the owner
// only. It refuses a file that others may read.
func LoadKey(path string) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	fresh := make([]byte, KeySize)
	_, _ = rand.Read(fresh) // never fails
	if err := writeKey(path, fresh); err != nil {
		return nil, fault.Wrap(err, "secret.key_unwritable", "the key file can't be written").Classed(fault.Config)
	}
	return readKey(path) // perhaps another process's, which was faster
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New("secret.key_exposed", "the key file %s may be read by others (%s)", path, info.Mode().Perm()).
			Classed(fault.Config).Hinted("chmod 600 %s", path)
	}
	var key []byte
	if err == nil {
		key, err = os.ReadFile(path) //nolint:gosec // the operator's own data folder
	}
	if err != nil {
		return nil, fault.Wrap(err, "secret.key_unreadable", "the key file can't be read").Classed(fault.Config)
	}
	return key, nil
}

// writeKey makes the file whole or not at all, and never over another one: a key
// that is lost takes every secret with it.
func writeKey(path string, key []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(key)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(f.Name()))
}

// Close encrypts a value for its place.
func (s *Seal) Close(place string, value []byte) []byte {
	return s.aead.Seal(nil, nil, value, []byte(place)) //nolint:gosec // the AEAD draws a random nonce itself
}

// Open decrypts a value of its place.
func (s *Seal) Open(place string, sealed []byte) ([]byte, error) {
	value, err := s.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, fault.New("secret.sealed_otherwise", "a stored secret was encrypted with another key, or for another place").
			Classed(fault.Config).Hinted("restore the key file that belongs to this data, or enter the secret again")
	}
	return value, nil
}

// name gives a name to a value that may be secret: the same value has the same name, and
// without the key nobody can try which value a name belongs to.
func (s *Seal) name(value string) string {
	var key []byte
	if s != nil {
		key = s.names
	}
	return hex.EncodeToString(sum(key, value)[:20])
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(text)) // never fails
	return mac.Sum(nil)
}
