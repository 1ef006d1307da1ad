package shelf

import (
	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/fault"
)

// Standing is how far a package can be trusted that is kept elsewhere.
type Standing struct {
	Status Status
	// Key is the id of the key that signed it, KeyName whose it is, where it is trusted here.
	Key, KeyName string
	// Expired says that the key signs no more: what is there already stays.
	Expired bool
	// Fault is why it must not be used, nil where it may.
	Fault *fault.Fault
}

// Judge tells how far packages of a kind can be trusted, by the keys and revocations of this
// moment: a revocation of a connector's name is not about them.
type Judge struct {
	shelf *Shelf
	trust *trust
	kind  plugpack.Kind
}

// Judge reads the keys and the revocations.
func (s *Shelf) Judge(kind plugpack.Kind) (*Judge, error) {
	root, err := s.open()
	if err != nil {
		return nil, err
	}
	if root == nil {
		return &Judge{s, &trust{keys: coreKeys(s.config.Core)}, kind}, nil
	}
	defer func() { _ = root.Close() }() // it was only read
	t, err := s.loadTrust(root)
	return &Judge{s, t, kind}, err
}

// Of judges a package by its manifest's text; id and version name it to people.
func (j *Judge) Of(id, version string, manifest []byte, signature *plugpack.Signature) Standing {
	found := j.trust.judge(j.shelf, subject{j.kind, id, version}, manifest, signature)
	return Standing{found.status, found.key, found.by, found.expired, found.fault}
}

// Key gives what a key stands for here, and whose it is; Unsigned where it is unknown.
func (j *Judge) Key(id string) (Status, string) {
	for _, r := range j.trust.revoked {
		if id != "" && r.Key == id {
			return Revoked, ""
		}
	}
	k, ok := j.trust.key(id)
	if !ok {
		return Unsigned, ""
	}
	return k.Status, k.Name
}

// Unvouched says that nobody vouches for a package; key is the id of the one that signed it.
func Unvouched(id, version, key string) *fault.Fault {
	f := fault.New(CodeUnsigned, "nobody vouches for %s %s: it is not signed", id, version)
	if key != "" {
		f = fault.New(CodeUnsigned, "nobody vouches for %s %s: it is signed by the key %s, which is not trusted here", id, version, key)
	}
	return f.Arg("connector", id).Hinted("trust its publisher's key with karez plugin key trust, or allow exactly this package where you know where it comes from").Classed(fault.Config)
}

// Expired says that a package's key signs no more.
func Expired(id, version, key, name string) *fault.Fault {
	return fault.New(CodeExpired, "the key %s of %s, which signed %s %s, has expired", key, name, id, version).At(plugpack.SignatureFile).
		Hinted("ask its publisher for a package that is signed with a newer key").Classed(fault.Config)
}
