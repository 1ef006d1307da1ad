package shelf

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/fault"
)

// Status says how far a package can be trusted.
type Status string

// The statuses. A package that is modified or revoked is never started, one that is
// unsigned only where an administrator allowed exactly it.
const (
	// Core packages are signed by the makers of this program.
	Core Status = "core"
	// Signed and Community packages are signed by a key that an administrator added as such.
	Signed    Status = "signed"
	Community Status = "community"
	// Unsigned packages are not signed, or by a key that nobody here trusts.
	Unsigned Status = "unsigned"
	// Modified packages are not what was signed or installed.
	Modified Status = "modified"
	// Revoked packages, or their keys, stand on the list of what must not run.
	Revoked Status = "revoked"
)

// Trusted is a key with what it stands for.
type Trusted struct {
	plugpack.Key

	Status Status
}

// Revocation is a package or a key that must not be used any more.
type Revocation struct {
	// Key is the id of a key; or Name a connector with Version, "" for all of them, or Sum
	// for exactly one package.
	Key     string `json:"key,omitempty"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
	Sum     string `json:"sum,omitempty"`
	// Reason is shown.
	Reason string `json:"reason,omitempty"`
}

// The files of trust in the folder of packages.
const (
	trustFile   = "trust.json"
	revokedFile = "revoked.json"
)

// trustForm is the trust file: keys by their lines.
type trustForm struct {
	Format int           `json:"format"`
	Keys   []trustedForm `json:"keys"`
}

type trustedForm struct {
	Key    string `json:"key"`
	Status Status `json:"status"`
}

// revokedForm is the list of what must not be used.
type revokedForm struct {
	Format  int          `json:"format"`
	Revoked []Revocation `json:"revoked"`
}

// trust is what decides how far packages can be trusted.
type trust struct {
	keys    []Trusted
	revoked []Revocation
}

// loadTrust reads the files of trust. One that can't be read is an error: without it
// nothing can be trusted.
func (s *Shelf) loadTrust(root *os.Root) (*trust, error) {
	t := &trust{}
	for _, k := range s.config.Core {
		t.keys = append(t.keys, Trusted{k, Core})
	}
	var form trustForm
	if err := readJSON(root, trustFile, &form); err != nil {
		return nil, err
	}
	for _, k := range form.Keys {
		key, err := plugpack.ParseKey(k.Key)
		if err != nil || k.Status != Signed && k.Status != Community {
			return nil, damaged(trustFile, err)
		}
		t.keys = append(t.keys, Trusted{key, k.Status})
	}
	var list revokedForm
	err := readJSON(root, revokedFile, &list)
	t.revoked = list.Revoked
	return t, err
}

// key gives a trusted key.
func (t *trust) key(id string) (Trusted, bool) {
	i := slices.IndexFunc(t.keys, func(k Trusted) bool { return k.ID == id })
	if i < 0 {
		return Trusted{}, false
	}
	return t.keys[i], true
}

// judged is what trust says of a package.
type judged struct {
	status Status
	// key is the id of the key that signed it, and by whose it is, where that is known.
	key, by string
	expired bool
	fault   *fault.Fault
}

// subject is what is judged. A name is a connector's where it is revoked.
type subject struct {
	kind          plugpack.Kind
	name, version string
}

func connectorOf(m *plugpack.Manifest) subject {
	return subject{plugpack.Connectors, m.Name, m.Version}
}

// judge tells how far a package can be trusted, by its manifest's text.
func (t *trust) judge(c *Shelf, m subject, text []byte, signature *plugpack.Signature) judged {
	j := judged{status: Unsigned}
	if signature != nil {
		j.key = signature.Key
		if k, ok := t.key(signature.Key); ok {
			j.status, j.by = k.Status, k.Name
			j.expired = !c.config.Clock().Before(k.Expires)
			if !signature.HoldsAs(k.Key, m.kind, text) {
				j.status, j.fault = Modified, plugpack.BadSignature()
			}
		}
	}
	sum := plugpack.SumOf(text)
	for _, r := range t.revoked {
		hit := r.Key != "" && r.Key == j.key || r.Sum != "" && r.Sum == sum ||
			r.Key == "" && r.Sum == "" && m.kind == plugpack.Connectors && r.Name == m.name && (r.Version == "" || r.Version == m.version)
		if hit {
			j.status = Revoked
			j.fault = fault.New(CodeRevoked, "%s %s was revoked and must not run: %s", m.name, m.version, cmp.Or(strings.TrimSpace(r.Reason), "no reason was given")).
				Arg("connector", m.name).Hinted("install a version that was not revoked").Classed(fault.Config)
		}
	}
	return j
}

// Keys gives the trusted keys, those of this program first.
func (s *Shelf) Keys() ([]Trusted, error) {
	root, err := s.open()
	if err != nil || root == nil {
		return coreKeys(s.config.Core), err
	}
	defer func() { _ = root.Close() }() // it was only read
	t, err := s.loadTrust(root)
	if err != nil {
		return nil, err
	}
	return t.keys, nil
}

func coreKeys(core []plugpack.Key) []Trusted {
	keys := make([]Trusted, len(core))
	for i, k := range core {
		keys[i] = Trusted{k, Core}
	}
	return keys
}

// Trust adds a key, or changes what it stands for: Signed or Community.
func (s *Shelf) Trust(key plugpack.Key, status Status) error {
	if status != Signed && status != Community {
		return fault.New(CodeStatus, "a key can stand for signed or community, not for %s", status).Classed(fault.Config)
	}
	return s.changeTrust(func(form *trustForm) error {
		form.Keys = slices.DeleteFunc(form.Keys, func(k trustedForm) bool { return lineID(k.Key) == key.ID })
		form.Keys = append(form.Keys, trustedForm{strings.TrimSpace(key.Line()), status})
		return nil
	})
}

// Distrust removes a key. Packages that it signed are unsigned from then on.
func (s *Shelf) Distrust(id string) error {
	return s.changeTrust(func(form *trustForm) error {
		before := len(form.Keys)
		form.Keys = slices.DeleteFunc(form.Keys, func(k trustedForm) bool { return lineID(k.Key) == id })
		if len(form.Keys) == before {
			return fault.New(CodeKeyUnknown, "there is no added key %s", id).Hinted("karez plugin key list shows those that can be removed").Classed(fault.Config)
		}
		return nil
	})
}

func lineID(line string) string {
	k, err := plugpack.ParseKey(line)
	if err != nil {
		return ""
	}
	return k.ID
}

func (s *Shelf) changeTrust(change func(*trustForm) error) error {
	return s.locked(func(root *os.Root) error {
		var form trustForm
		if err := readJSON(root, trustFile, &form); err != nil {
			return err
		}
		if err := change(&form); err != nil {
			return err
		}
		form.Format = 1
		return writeJSON(root, trustFile, form)
	})
}

// Revoke adds to the list of what must not be used. Running processes of it get no more
// calls once the list is looked at again.
func (s *Shelf) Revoke(all ...Revocation) error {
	for _, r := range all {
		if r.Key == "" && r.Name == "" && r.Sum == "" {
			return fault.New(CodeRevocation, "a revocation names neither a key nor a connector").Classed(fault.Config)
		}
	}
	return s.locked(func(root *os.Root) error {
		var list revokedForm
		if err := readJSON(root, revokedFile, &list); err != nil {
			return err
		}
		for _, r := range all {
			if !slices.Contains(list.Revoked, r) {
				list.Revoked = append(list.Revoked, r)
			}
		}
		list.Format = 1
		return writeJSON(root, revokedFile, list)
	})
}

// Revocations reads a list of revocations as Revoke writes it.
func Revocations(text []byte) ([]Revocation, error) {
	var list revokedForm
	if err := decode(text, &list); err != nil || list.Format != 1 {
		return nil, damaged(revokedFile, err)
	}
	return list.Revoked, nil
}

// readJSON reads a file of this program's own; one that is not there leaves v as it is.
func readJSON(root *os.Root, name string, v any) error {
	text, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = decode(text, v)
	}
	if err != nil {
		return damaged(name, err)
	}
	return nil
}

func decode(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return nil
}

func damaged(name string, err error) error {
	return fault.New(CodeDamaged, "%s in the folder of connectors can't be read", name).At(name).Because(err).
		Hinted("put the file right or restore it from a backup; no connector of that folder starts without it").Classed(fault.Config)
}
