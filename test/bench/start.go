package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A startMeasure is how soon a MultiVAC without documents can be used.
type startMeasure struct {
	What string  `json:"what"`
	Best float64 `json:"best_ms"`
	P50  float64 `json:"p50_ms"`
	CPU  float64 `json:"cpu_ms"` // of the last one
}

const starts = 21 // of each

// benchStart measures a server from its start until it is ready, a telling
// until it is indexed, and a question to a folder of 200 files without a
// server.
func benchStart(dir, binary string) (all []startMeasure, err error) {
	dir, err = os.MkdirTemp(dir, "start-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	fmt.Printf("\nHow soon it is of use, %d times each\n\n", starts)
	fmt.Println("| what | best, ms | p50, ms | CPU, ms |")
	fmt.Println("|---|---:|---:|---:|")
	for _, one := range []struct {
		what string
		run  func(dir, binary string) (took, cpu []time.Duration, err error)
	}{{"from nothing to /readyz", startsCold}, {"from telling to answered from", tellsOne}, {"a folder of 200 files is asked", asksFolder}} {
		took, cpu, err := one.run(dir, binary)
		if err != nil {
			return all, fmt.Errorf("%s: %w", one.what, err)
		}
		p50, _, _ := percentiles(took) // percentiles sorts them
		m := startMeasure{What: one.what, Best: ms(took[0]), P50: p50, CPU: ms(cpu[len(cpu)-1])}
		all = append(all, m)
		fmt.Printf("| %s | %.1f | %.1f | %.1f |\n", m.What, m.Best, m.P50, m.CPU)
	}
	return all, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func startsCold(dir, binary string) (took, cpu []time.Duration, err error) {
	for range starts {
		data, err := os.MkdirTemp(dir, "cold-")
		if err != nil {
			return nil, nil, err
		}
		begun := time.Now()
		s, err := startServer(binary, data)
		if err != nil {
			return nil, nil, err
		}
		for st, err := s.state(); err != nil || !st.Ready; st, err = s.state() {
		}
		took, cpu = append(took, time.Since(begun)), append(cpu, s.cpu())
		s.stop()
	}
	return took, cpu, nil
}

func tellsOne(dir, binary string) (took, cpu []time.Duration, err error) {
	s, err := startServer(binary, dir)
	if err != nil {
		return nil, nil, err
	}
	defer s.stop()
	if err := s.await(time.Minute, func(st state) bool { return st.Ready }); err != nil {
		return nil, nil, err
	}
	for n := range starts {
		begun, before := time.Now(), s.cpu()
		r, err := http.Post(s.url+"/api/v1/documents?wait=indexed&source=lamp", "text/plain", strings.NewReader(fmt.Sprintf("The lamp has %d watts.", n)))
		if err != nil {
			return nil, nil, err
		}
		r.Body.Close()
		took, cpu = append(took, time.Since(begun)), append(cpu, s.cpu()-before)
	}
	return took, cpu, nil
}

func asksFolder(dir, binary string) (took, cpu []time.Duration, err error) {
	if dir, err = os.MkdirTemp(dir, "folder-"); err != nil {
		return nil, nil, err
	}
	for i := range 200 {
		var page strings.Builder
		for section := range 20 {
			fmt.Fprintf(&page, "## Section %d of manual %d\n\nPump %d-%d is serviced by crew %d every %d weeks. The valve is closed before the filter is changed, and the pressure is noted.\n\n",
				section, i, i, section, (i*7+section)%50, 2+(i+section)%30)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("manual-%03d.md", i)), []byte(page.String()), 0o600); err != nil {
			return nil, nil, err
		}
	}
	for range starts {
		c := exec.Command(binary, "ask", "--in", dir, "Which crew services pump 117-3?")
		var said bytes.Buffer
		c.Stdout, c.Stderr = &said, &said
		begun := time.Now()
		if err := c.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			return nil, nil, err
		}
		if !strings.Contains(said.String(), "Pump 117-3 ") { // it was found, whether it was answered or refused
			return nil, nil, fmt.Errorf("it said %s", &said)
		}
		took = append(took, time.Since(begun))
		cpu = append(cpu, c.ProcessState.UserTime()+c.ProcessState.SystemTime())
	}
	return took, cpu, nil
}
