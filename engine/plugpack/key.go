package plugpack

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
)

// Key is a publisher's public key. Its id is made of the key itself, so that nobody
// can give another key the same one.
type Key struct {
	ID     string
	Public ed25519.PublicKey
	// Expires is the day from which on nothing that it signed is installed any more.
	Expires time.Time
	// Name says whose it is.
	Name string
}

// PrivateKey signs packages.
type PrivateKey struct {
	Key

	private ed25519.PrivateKey
}

// The forms of keys in files: one line, "karez-key:" or "karez-private-key:", then the
// key in base64, the day of its expiry and the name.
const (
	publicForm  = "karez-key"
	privateForm = "karez-private-key"
)

// NewKey makes a key from random bytes.
func NewKey(random io.Reader, name string, expires time.Time) (PrivateKey, error) {
	public, private, err := ed25519.GenerateKey(random)
	if err != nil {
		return PrivateKey{}, err
	}
	k := PrivateKey{Key{Public: public, Expires: expires, Name: name}, private}
	_, err = ParseKey(k.Line()) // what can't be read back is no key
	k.ID = idOf(public)
	return k, err
}

// idOf gives the id of a key.
func idOf(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:12])
}

// Line writes the key.
func (k Key) Line() string { return line(publicForm, k.Public, k) }

// SecretLine writes the key with what signs: whoever has it can sign as its owner.
func (k PrivateKey) SecretLine() string { return line(privateForm, k.private.Seed(), k.Key) }

func line(form string, bytes []byte, k Key) string {
	return strings.Join([]string{form, base64.StdEncoding.EncodeToString(bytes), k.Expires.UTC().Format(time.DateOnly), k.Name}, ":") + "\n"
}

// ParseKey reads a public key's line: "package.key_invalid" where it is none.
func ParseKey(text string) (Key, error) {
	raw, k, err := parseLine(publicForm, text, ed25519.PublicKeySize)
	k.Public, k.ID = raw, idOf(raw)
	return k, err
}

// ParsePrivateKey reads a private key's line.
func ParsePrivateKey(text string) (PrivateKey, error) {
	seed, k, err := parseLine(privateForm, text, ed25519.SeedSize)
	if err != nil {
		return PrivateKey{}, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	k.Public, _ = private.Public().(ed25519.PublicKey) // it is one
	k.ID = idOf(k.Public)
	return PrivateKey{k, private}, nil
}

// parseLine never says what the line held: it may be a private key.
func parseLine(form, text string, size int) ([]byte, Key, error) {
	parts := strings.SplitN(strings.TrimRight(text, "\r\n"), ":", 4)
	invalid := fault.New(CodeKey, "this is no key of the form %s:…", form).
		Hinted("karez plugin key new makes keys; only the file ending in .pub is for others").Classed(fault.Config)
	if len(parts) != 4 || parts[0] != form {
		return nil, Key{}, invalid
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[1])
	if err != nil || len(raw) != size {
		return nil, Key{}, invalid
	}
	expires, err := time.Parse(time.DateOnly, parts[2])
	if name := parts[3]; err != nil || name == "" || len(name) > 100 || !utf8.ValidString(name) || strings.ContainsFunc(name, packfile.Unprintable) {
		return nil, Key{}, invalid
	}
	return raw, Key{Expires: expires, Name: parts[3]}, nil
}

// Signature says that the owner of a key made a manifest.
type Signature struct {
	Format int `json:"format"`
	// Key is the id of the key.
	Key string `json:"key"`
	// Value is the signature.
	Value []byte `json:"value"`
}

// Kind says what a package holds: a signature of one kind is none of another.
type Kind string

// The kinds that are signed.
const (
	Connectors Kind = "connector"
	Templates  Kind = "template"
)

// signed is what a signature is of: nothing else that is ever signed begins so.
func (k Kind) signed(manifest []byte) []byte {
	return append([]byte("karez "+string(k)+" package 1\n"), manifest...)
}

// Sign signs the canonical text of a connector package's manifest.
func (k PrivateKey) Sign(manifest []byte) *Signature { return k.SignAs(Connectors, manifest) }

// SignAs signs a manifest's canonical text.
func (k PrivateKey) SignAs(kind Kind, manifest []byte) *Signature {
	return &Signature{Format: Format, Key: k.ID, Value: ed25519.Sign(k.private, kind.signed(manifest))}
}

// Holds reports whether the signature is the key's, of this connector package's manifest.
func (s *Signature) Holds(k Key, manifest []byte) bool { return s.HoldsAs(k, Connectors, manifest) }

// HoldsAs reports whether the signature is the key's, of this manifest.
func (s *Signature) HoldsAs(k Key, kind Kind, manifest []byte) bool {
	return s.Key == k.ID && ed25519.Verify(k.Public, kind.signed(manifest), s.Value)
}

// Text writes the signature.
func (s *Signature) Text() ([]byte, error) {
	text, err := json.Marshal(s)
	return append(text, '\n'), err
}

// ParseSignature reads a signature: "package.signature_invalid" where it is none.
func ParseSignature(text []byte) (*Signature, error) {
	s := &Signature{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(s)
	if err == nil {
		_, end := d.Token()
		if !errors.Is(end, io.EOF) {
			err = errors.New("something follows")
		}
	}
	switch {
	case err != nil || len(s.Value) != ed25519.SignatureSize || s.Key == "":
		return nil, BadSignature()
	case s.Format > Format:
		return nil, fault.New(CodeNewer, "the package is of format %d, and this program knows formats up to %d", s.Format, Format).At(SignatureFile + ".format").
			Hinted("install a newer Karez first").Classed(fault.Config)
	}
	return s, nil
}

// BadSignature is the fault of a signature that is none, or not of its manifest.
func BadSignature() *fault.Fault {
	return fault.New(CodeSignature, "the signature is not one of this package").At(SignatureFile).
		Hinted("somebody changed the package after it was signed; do not install it").Classed(fault.Data)
}
