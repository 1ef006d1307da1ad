package sandboxkit

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// With gives settings with the one of a name changed, under their JSON names; the settings that
// were given stay as they are. Its error says that there is none of that name, or what is wrong
// with the value.
func With[T any](settings T, name string, value json.RawMessage) (T, error) {
	var changed T
	whole, err := json.Marshal(settings)
	if err == nil {
		err = json.Unmarshal(whole, &changed) // nothing is shared with what was given
	}
	if err != nil {
		return settings, fmt.Errorf("the settings are no JSON: %w", err)
	}
	change, err := json.Marshal(map[string]json.RawMessage{name: value})
	if err != nil {
		return settings, fmt.Errorf("setting %s is not JSON: %w", name, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(change))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&changed); err != nil {
		return settings, fmt.Errorf("setting %s: %w", name, err)
	}
	return changed, nil
}
