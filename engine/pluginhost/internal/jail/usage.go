package jail

import (
	"errors"
	"os"
	"strconv"
	"strings"
)

// usageIn reads a line of /proc/PID/stat. What stands before the last bracket is the
// process's name, which may be anything.
func usageIn(line string) (Usage, error) {
	const threads, pages = 17, 21 // counted from behind the bracket
	fields := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(fields) <= pages {
		return Usage{}, errors.New("the kernel tells less of a process than it should")
	}
	n, err := strconv.Atoi(fields[threads])
	resident, second := strconv.ParseInt(fields[pages], 10, 64)
	return Usage{Memory: resident * int64(os.Getpagesize()), Threads: n}, errors.Join(err, second)
}

// Usage is what a process takes now.
type Usage struct {
	// Memory is in bytes.
	Memory  int64
	Threads int
}
