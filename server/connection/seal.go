package connection

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"

	"github.com/karezflow/karez/sdk/fault"
)

// Seal encrypts what connectors keep, with AES-256-GCM and the place of the value
// as authenticated data, so that a value moved to another row does not open.
type Seal struct{ aead cipher.AEAD }

// KeySize is the length of a key in bytes.
const KeySize = 32

// NewSeal makes a Seal of a key.
func NewSeal(key []byte) (*Seal, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.Wrap(err, "secret.key_invalid", "the key must have %d bytes", KeySize)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fault.Wrap(err, "secret.key_invalid", "the key can't be used")
	}
	return &Seal{aead}, nil
}

// LoadKey reads the key file and makes it at first use, readable by the owner only.
func LoadKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path) //nolint:gosec // the operator's own data folder
	if err == nil {
		return key, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, "secret.key_unreadable", "the key file can't be read")
	}
	key = make([]byte, KeySize)
	_, _ = rand.Read(key) // never fails
	if err := os.WriteFile(path, key, 0o600); err != nil {
		return nil, fault.Wrap(err, "secret.key_unwritable", "the key file can't be written")
	}
	return key, nil
}

// Close encrypts a value for its place.
func (s *Seal) Close(place string, value []byte) []byte {
	return s.aead.Seal(nil, nil, value, []byte(place))
}

// Open decrypts a value of its place.
func (s *Seal) Open(place string, sealed []byte) ([]byte, error) {
	value, err := s.aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, fault.New("secret.sealed_otherwise", "a stored secret was encrypted with another key").
			Classed(fault.Config).Hinted("restore the key file that belongs to this data")
	}
	return value, nil
}
