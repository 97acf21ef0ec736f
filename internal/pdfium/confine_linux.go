package pdfium

import (
	"runtime/debug"
	"syscall"
	"time"
)

// confine takes from the process what it needs no more: memory, and the rights
// to write files, open many, and leave its memory behind when it breaks.
func confine(memory int64) error {
	debug.SetMemoryLimit(memory + processMemory/2)
	for what, most := range map[int]uint64{
		syscall.RLIMIT_DATA: uint64(memory + processMemory), syscall.RLIMIT_CORE: 0, syscall.RLIMIT_FSIZE: 0, syscall.RLIMIT_NOFILE: 16,
	} {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	return nil
}

// limitTime has the system end this process where the next file takes more of the
// processor than d: its parent, which would do so, may be gone by then.
func limitTime(d time.Duration) {
	var used syscall.Rusage
	var limit syscall.Rlimit
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil || syscall.Getrlimit(syscall.RLIMIT_CPU, &limit) != nil {
		return
	}
	limit.Cur = min(limit.Max, uint64(used.Utime.Sec+used.Stime.Sec)+uint64(2*d/time.Second)+1)
	_ = syscall.Setrlimit(syscall.RLIMIT_CPU, &limit)
}
