package copies

import (
	"regexp"
	"strings"
)

// NameOf splits a file's name into the connector's id and its version; ok is false
// for a file that is no connector's.
func NameOf(file string) (id, version string, ok bool) {
	name := strings.TrimSuffix(file, ".exe")
	parts := regexp.MustCompile(`^([a-z][a-z0-9]*(?:[-_][a-z0-9]+)*)(?:@([0-9A-Za-z][0-9A-Za-z.+-]*))?$`).FindStringSubmatch(name)
	if parts == nil {
		return "", "", false
	}
	return parts[1], parts[2], true
}
