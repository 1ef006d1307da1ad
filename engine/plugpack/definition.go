package plugpack

import (
	"bytes"
	"io"
	"regexp"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
)

// definition reads a connector without code as the program does that serves it, and refuses
// one that this program does not understand, and one that gives a secret away.
func definition(declared, defined []byte) (*declarative.Definition, error) {
	d, err := declarative.Parse(declared, defined)
	if err != nil {
		f := fault.From(err)
		if f.Hint == "" && (f.Code == "manifest.unknown_key" || f.Code == "definition.expression") {
			f = f.Hinted("mend it, or ask its publisher which Karez it needs")
		}
		return nil, f
	}
	if paths := d.Exposed(); len(paths) > 0 {
		return nil, secret(DefinitionFile + " " + paths[0]).
			Hinted("declare a setting with secret: true, and take its value as {{secrets.NAME}}")
	}
	return d, nil
}

func secret(place string) *fault.Fault {
	return fault.New(CodeSecret, "the package gives a secret away at %s: whoever has it can read it", place).At(place).Classed(fault.Data)
}

// looked hands a file's content on, and refuses a private key among what a definition is
// made of, which is text that everybody reads.
func (m *Manifest) looked(name string, copyTo func(io.Writer) error) error {
	if m.Definition == 0 {
		return copyTo(io.Discard)
	}
	w := &keys{}
	if err := copyTo(w); err != nil {
		return err
	}
	if w.found {
		return secret(name).Hinted("leave the key out, and use another one: take this for known")
	}
	return nil
}

// keys looks for private keys in what is written to it.
type keys struct {
	// rest is the end of what was written last, in which one may have begun.
	rest  []byte
	found bool
}

// Write looks for the beginning of a private key, ours or one in PEM.
func (k *keys) Write(p []byte) (int, error) {
	text := append(k.rest, p...)
	k.found = k.found || regexp.MustCompile(`(karez-private-key:|PRIVATE KEY-----(\s|\\n){1,20})[A-Za-z0-9+/]{24}`).Match(text)
	k.rest = bytes.Clone(text[max(0, len(text)-128):])
	return len(p), nil
}
