package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// CheckSettings reports what is wrong with declarations of settings, of a
// connection or of a node type, under the codes of Manifest.Check. Paths are relative to the list.
func CheckSettings(declared []field.Setting) []*fault.Fault {
	c := &checker{}
	c.settings("", declared)
	return c.faults
}

// WithDefaults gives a JSON object of settings with the declared defaults in
// place of members that are missing, null or empty texts. Other members keep
// their bytes and order; what is no object is returned as it is.
func WithDefaults(declared []field.Setting, raw []byte) []byte {
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("{}")
	}
	given := item.Of(raw)
	if given.Kind() != item.Object {
		return raw
	}
	out := []byte{'{'}
	for key, value := range given.Fields() {
		at := slices.IndexFunc(declared, func(s field.Setting) bool { return s.Key == key })
		if at >= 0 && value.Blank() && declared[at].Default != "" {
			continue // written below
		}
		out = append(item.AppendText(separate(out), key), ':')
		if at < 0 {
			out = append(out, value.Raw()...)
		} else {
			out = append(out, nestedDefaults(&declared[at], value)...)
		}
	}
	for i := range declared {
		if s := &declared[i]; s.Default != "" && given.Field(s.Key).Blank() {
			out = append(item.AppendText(separate(out), s.Key), ':')
			out = append(out, quoteDefault(s)...)
		}
	}
	return append(out, '}')
}

func nestedDefaults(s *field.Setting, value item.Value) []byte {
	switch {
	case s.Kind == field.GroupOf:
		return WithDefaults(s.Items, value.Raw())
	case s.Kind == field.List && len(s.Items) > 0 && value.Kind() == item.Array:
		out := []byte{'['}
		for e := range value.Elements() {
			out = append(separate(out), WithDefaults(s.Items, e.Raw())...)
		}
		return append(out, ']')
	default:
		return value.Raw()
	}
}

func separate(out []byte) []byte {
	if last := out[len(out)-1]; last != '{' && last != '[' {
		return append(out, ',')
	}
	return out
}

func (c *checker) settings(path string, declared []field.Setting) {
	seen := map[string]bool{}
	for i := range declared {
		s, path := &declared[i], index(path, i)
		c.once(seen, path+".key", s.Key)
		c.name(path+".key", s.Key, regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`), "letters, digits and _, a small letter first")
		c.need(path+".title.zh", s.Title.ZH)
		c.setting(path, s)
		if s.When != nil && !slices.ContainsFunc(declared, func(o field.Setting) bool { return o.Key == s.When.Key && o.Key != s.Key }) {
			c.add(path+".when.key", "unknown_field", "%s is not another setting beside this one", s.When.Key)
		}
	}
}

func (c *checker) setting(path string, s *field.Setting) {
	if !slices.Contains(accountKinds(), s.Kind) && !slices.Contains(programKinds(), s.Kind) {
		c.add(path+".kind", "not_an_option", "%q is not a kind of setting", s.Kind)
		return
	}
	listed := s.Kind == field.List && len(s.Items) == 0
	if s.Kind == field.PlainChoice && len(s.Options) == 0 || s.Kind != field.PlainChoice && !listed && len(s.Options) > 0 {
		c.add(path+".options", "required", "a choice has options, a list of choices as well, and nothing else has")
	}
	if s.Whole && s.Kind != field.Mapping {
		c.add(path+".whole", "not_allowed", "only a mapping can be the whole")
	}
	seen := map[string]bool{}
	for i, o := range s.Options {
		c.once(seen, index(path+".options", i)+".value", o.Value)
		c.need(index(path+".options", i)+".title.zh", o.Title.ZH)
	}
	if s.Kind == field.GroupOf && len(s.Items) == 0 {
		c.add(path+".items", "required", "a group has settings in it")
	}
	if s.Min != nil && s.Max != nil && *s.Min > *s.Max {
		c.add(path+".min", "out_of_range", "min is above max")
	}
	if s.Secret && s.Kind != field.PlainText {
		c.add(path+".secret", "not_allowed", "only a text can be secret")
	}
	if s.Secret && s.Default != "" {
		c.add(path+".default", "not_allowed", "a secret has no default")
	}
	c.settings(path+".items", s.Items)
	c.defaultOf(path, s)
}

// defaultOf checks a default as if somebody had typed it.
func (c *checker) defaultOf(path string, s *field.Setting) {
	if s.Default == "" {
		return
	}
	bare := *s
	bare.When = nil
	raw := fmt.Sprintf("{%q:%s}", s.Key, quoteDefault(s))
	for _, f := range field.Check([]field.Setting{bare}, []byte(raw)) {
		c.add(path+".default", "wrong_type", "the default does not fit: %s", f.Message)
	}
}

// quoteDefault writes a default as the JSON a person's input would be.
func quoteDefault(s *field.Setting) string {
	switch s.Kind {
	case field.PlainInt, field.PlainBool, field.List, field.GroupOf, field.Conditions, field.Mapping, field.Params:
		return s.Default
	default:
		quoted, _ := json.Marshal(s.Default) // a text always encodes
		return string(quoted)
	}
}

func accountKinds() []field.Kind {
	return []field.Kind{
		field.PlainText, field.PlainInt, field.PlainBool, field.PlainDuration, field.PlainChoice,
		field.PlainURL, field.PlainTime, field.List, field.GroupOf,
	}
}

func programKinds() []field.Kind {
	return []field.Kind{
		field.Value, field.Conditions, field.Mapping, field.Params, field.Script, field.Operation, field.Step, field.FlowRef, field.CodeTable, field.File, field.Folder, field.Endpoint,
	}
}
