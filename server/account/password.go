package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/karezflow/karez/sdk/fault"
)

// Cost is what hashing a password with argon2id takes.
type Cost struct {
	MemoryKiB, Passes uint32
	Threads           uint8
}

// DefaultCost is what the OWASP Password Storage Cheat Sheet recommends at least:
// 19 MiB, two passes, one thread.
func DefaultCost() Cost { return Cost{MemoryKiB: 19 * 1024, Passes: 2, Threads: 1} }

const (
	saltSize = 16
	hashSize = 32
	// atOnce is how many passwords are hashed at a time: each takes the Cost's memory.
	atOnce = 2
)

// hasher hashes and checks passwords.
type hasher struct {
	cost   Cost
	random io.Reader
	places chan struct{}
	// nobody is the hash that the passwords of unknown users are held to, so
	// that the answer takes as long.
	nobody string
	// key is what takes the time: argon2id.
	key func(password string, salt []byte, cost Cost) []byte
}

func argon2id(password string, salt []byte, cost Cost) []byte {
	return argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Threads, hashSize)
}

func newHasher(cost Cost, random io.Reader) (*hasher, error) {
	h := &hasher{cost: cost, random: random, places: make(chan struct{}, atOnce), key: argon2id}
	secret, err := newSecret(random)
	if err != nil {
		return nil, err
	}
	h.nobody, err = h.derive(secret)
	return h, err
}

// enter waits for a place.
func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *hasher) leave() { <-h.places }

// hash gives a password's hash in the PHC text form.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return h.derive(password)
}

func (h *hasher) derive(password string) (string, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", noRandom(err)
	}
	key := h.key(password, salt, h.cost)
	return fmt.Sprintf(form+"%s$%s", argon2.Version, h.cost.MemoryKiB, h.cost.Passes, h.cost.Threads, text(salt), text(key)), nil
}

// form is the head of a hash: what made it.
const form = "$argon2id$v=%d$m=%d,t=%d,p=%d$"

func text(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

// matches tells whether a password has a hash, in a time that does not depend on how far they agree.
func (h *hasher) matches(ctx context.Context, hash, password string) (bool, error) {
	cost, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	got := h.key(password, salt, cost)
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func parseHash(hash string) (cost Cost, salt, key []byte, err error) {
	var version int
	unreadable := fault.New("auth.password_unreadable", "a stored password can't be read").Classed(fault.Internal)
	if _, err := fmt.Sscanf(hash, form, &version, &cost.MemoryKiB, &cost.Passes, &cost.Threads); err != nil || version != argon2.Version {
		return cost, nil, nil, unreadable
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || cost.Passes == 0 || cost.Threads == 0 {
		return cost, nil, nil, unreadable
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(key) != hashSize {
		return cost, nil, nil, unreadable
	}
	return cost, salt, key, nil
}

// newSecret draws 256 bits as text.
func newSecret(random io.Reader) (string, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(random, secret); err != nil {
		return "", noRandom(err)
	}
	return base64.RawURLEncoding.EncodeToString(secret), nil
}

func noRandom(err error) error {
	return fault.New("auth.no_random", "the system gives no random numbers").Because(err).Classed(fault.Internal)
}

// digest is what is stored of a secret. It is drawn at random, so a plain hash does.
func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// sameDigest compares in constant time.
func sameDigest(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
