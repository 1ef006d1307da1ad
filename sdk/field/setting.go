package field

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Kind is what a setting holds. The plain kinds are edited by a plain input; the
// others have an editor and a compiler of their own.
type Kind string

// The kinds of settings.
const (
	PlainText     Kind = "text"
	PlainInt      Kind = "int"
	PlainBool     Kind = "bool"
	PlainDuration Kind = "duration"
	PlainChoice   Kind = "choice"
	PlainURL      Kind = "url"
	PlainTime     Kind = "time"
	// List is a JSON array of Fields-shaped objects when Items is set, of choices when
	// Options are, else of texts.
	List Kind = "list"
	// Group is a JSON object with the settings in Items.
	GroupOf Kind = "group"
	// Value is a text in the value language.
	Value Kind = "value"
	// Conditions is an outer OR of inner ANDs.
	Conditions Kind = "conditions"
	// Mapping is a list of field mappings.
	Mapping Kind = "mapping"
	// Params is a list of {field, value} request parameters.
	Params Kind = "params"
	// Script is JavaScript source.
	Script Kind = "script"
	// Operation names an operation of the node's connection.
	Operation Kind = "operation"
	// Step names a step behind the write of the node's operation, "write" none of them.
	Step Kind = "step"
	// FlowRef names another flow by alias.
	FlowRef Kind = "flowRef"
	// CodeTable names a code table (对照表).
	CodeTable Kind = "codeTable"
	// File names a file that was uploaded to the workspace.
	File Kind = "file"
	// Folder names a folder of the workspace in which files are put down.
	Folder Kind = "folder"
	// Endpoint holds nothing: it shows the address at which the node is reached, and
	// the secrets of those who may.
	Endpoint Kind = "endpoint"
)

// Option is one choice.
type Option struct {
	Value string `json:"value" yaml:"value"`
	Title Text   `json:"title" yaml:"title"`
}

// When shows a setting only while another one has one of the values.
type When struct {
	Key string   `json:"key" yaml:"key"`
	In  []string `json:"in" yaml:"in"`
}

// Setting declares one setting of a connection or a node.
type Setting struct {
	Key      string    `json:"key" yaml:"key"`
	Kind     Kind      `json:"kind" yaml:"kind"`
	Title    Text      `json:"title" yaml:"title"`
	Describe Text      `json:"describe,omitzero" yaml:"describe"`
	Required bool      `json:"required,omitempty" yaml:"required"`
	Secret   bool      `json:"secret,omitempty" yaml:"secret"`
	Default  string    `json:"default,omitempty" yaml:"default"`
	Options  []Option  `json:"options,omitempty" yaml:"options"`
	Items    []Setting `json:"items,omitempty" yaml:"items"`
	// Whole lets true stand for all there is, in place of a mapping.
	Whole bool   `json:"whole,omitempty" yaml:"whole"`
	When  *When  `json:"when,omitempty" yaml:"when"`
	Min   *int64 `json:"min,omitempty" yaml:"min"`
	Max   *int64 `json:"max,omitempty" yaml:"max"`
}

// Holds reports whether the other setting has one of the values in raw, a JSON object;
// a nil When always holds.
func (w *When) Holds(declared []Setting, raw []byte) bool {
	return w == nil || slices.Contains(w.In, textOf(declared, raw, w.Key))
}

// Check reports every way in which raw, a JSON object, does not fit the
// declarations: "setting.unknown", "setting.required", "setting.wrong_type",
// "setting.not_an_option", "setting.out_of_range". Paths are relative to raw.
func Check(declared []Setting, raw []byte) []*fault.Fault {
	given := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(raw)) > 0 {
		if err := json.Unmarshal(raw, &given); err != nil {
			return []*fault.Fault{fault.New("setting.wrong_type", "settings must be an object").Classed(fault.Config)}
		}
	}
	var faults []*fault.Fault
	for _, s := range declared {
		value, ok := given[s.Key]
		delete(given, s.Key)
		if !s.When.Holds(declared, raw) {
			continue
		}
		if !ok || string(value) == "null" || string(value) == `""` {
			if s.Required && s.Default == "" {
				faults = append(faults, fault.New("setting.required", "%s (%s) is required", s.Title.ZH, s.Key).
					At(s.Key).Classed(fault.Config))
			}
			continue
		}
		for _, f := range s.check(value) {
			faults = append(faults, f.Under(s.Key))
		}
	}
	unknown := make([]string, 0, len(given))
	for key := range given {
		unknown = append(unknown, key)
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		faults = append(faults, fault.New("setting.unknown", "there is no setting named %s", key).At(key).
			Classed(fault.Config).Hinted("known settings: %s", strings.Join(keys(declared), ", ")))
	}
	return faults
}

func (s Setting) check(raw json.RawMessage) []*fault.Fault {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	switch s.Kind {
	case PlainInt:
		return s.checkInt(raw)
	case PlainBool:
		if b := strings.Trim(string(raw), `"`); b != "true" && b != "false" {
			return s.wrong("true or false")
		}
	case PlainDuration:
		if _, err := time.ParseDuration(text); !isText || err != nil {
			return s.wrong("a duration such as 30s, 10m or 2h")
		}
	case PlainChoice:
		if !isText || !slices.Contains(values(s.Options), text) {
			return s.notAnOption(raw)
		}
	case List:
		return s.checkList(raw)
	case GroupOf:
		return Check(s.Items, raw)
	case Conditions, Mapping, Params:
		var list []json.RawMessage
		if s.Whole && string(raw) == "true" {
			return nil
		}
		if json.Unmarshal(raw, &list) != nil {
			return s.wrong("a list")
		}
	case PlainText, PlainURL, PlainTime, Value, Script, Operation, Step, FlowRef, CodeTable, File, Folder, Endpoint:
		if !isText {
			return s.wrong("a text")
		}
	}
	return nil
}

func (s Setting) checkInt(raw json.RawMessage) []*fault.Fault {
	n, err := strconv.ParseInt(strings.Trim(string(raw), `"`), 10, 64)
	if err != nil {
		return s.wrong("a whole number")
	}
	if s.Min != nil && n < *s.Min || s.Max != nil && n > *s.Max {
		return []*fault.Fault{fault.New("setting.out_of_range", "%s must be %s", s.Key, s.bounds()).Classed(fault.Config)}
	}
	return nil
}

func (s Setting) notAnOption(raw json.RawMessage) []*fault.Fault {
	shown := string(raw)
	if s.Secret {
		shown = "the value"
	}
	return []*fault.Fault{fault.New("setting.not_an_option", "%s is not a choice for %s", shown, s.Key).
		Classed(fault.Config).Hinted("choices: %s", strings.Join(values(s.Options), ", "))}
}

func (s Setting) checkList(raw json.RawMessage) []*fault.Fault {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return s.wrong("a list")
	}
	var faults []*fault.Fault
	for i, e := range list {
		var found []*fault.Fault
		if len(s.Items) > 0 {
			found = Check(s.Items, e)
		} else if !bytes.HasPrefix(e, []byte(`"`)) {
			found = s.wrong("a list of texts")
		} else if len(s.Options) > 0 && !slices.Contains(values(s.Options), item.Of(e).Text()) {
			found = s.notAnOption(e)
		}
		for _, f := range found {
			faults = append(faults, f.Under(fmt.Sprintf("[%d]", i)))
		}
	}
	return faults
}

func (s Setting) wrong(want string) []*fault.Fault {
	return []*fault.Fault{fault.New("setting.wrong_type", "%s must be %s", s.Key, want).Classed(fault.Config)}
}

func (s Setting) bounds() string {
	switch {
	case s.Max == nil:
		return fmt.Sprintf("at least %d", *s.Min)
	case s.Min == nil:
		return fmt.Sprintf("at most %d", *s.Max)
	default:
		return fmt.Sprintf("between %d and %d", *s.Min, *s.Max)
	}
}

// textOf gives the value another setting has, or its default.
func textOf(declared []Setting, raw []byte, key string) string {
	given := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &given) // Check has refused anything else
	if value, ok := given[key]; ok {
		var text string
		if json.Unmarshal(value, &text) == nil {
			return text
		}
		return string(value)
	}
	for _, s := range declared {
		if s.Key == key {
			return s.Default
		}
	}
	return ""
}

func keys(declared []Setting) []string {
	out := make([]string, len(declared))
	for i, s := range declared {
		out[i] = s.Key
	}
	return out
}

func values(options []Option) []string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = o.Value
	}
	return out
}
