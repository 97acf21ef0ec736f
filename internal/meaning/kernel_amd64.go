package meaning

import "golang.org/x/sys/cpu"

// kernels are those that this processor has, the fastest first.
func kernels() []kernel {
	k := []kernel{generic}
	if !cpu.X86.HasAVX2 {
		return k
	}
	avx2 := kernel{"avx2", dotAVX2, dot16AVX2, rescaleAVX2, largestAVX2, roundAVX2, geluAVX2, softmaxAVX2, normaliseAVX2}
	k = append([]kernel{avx2}, k...)
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512VNNI {
		vnni := avx2
		vnni.name, vnni.dot, vnni.dot16 = "avx512-vnni", dotAVX512, dot16AVX512
		k = append([]kernel{vnni}, k...)
	}
	return k
}

// The numbers that the assembly needs, each as often as a register holds it.
//
//lint:ignore U1000 the assembly reads them
var roundTerms, geluTerms, expTerms [12][8]float32

func init() {
	roundTerms = wide(roundOffset)
	geluTerms = wide(-geluRange, geluRange, geluP3, geluP2, geluP1, geluP0, geluQ4, geluQ3, geluQ2, geluQ1, 1, 0.5)
	expTerms = wide(expLeast, expLog2e, 0.5, expHigh, expLow, exp0, exp1, exp2, exp3, exp4, exp5, 1)
}

func wide(terms ...float32) (w [12][8]float32) {
	for i, t := range terms {
		for k := range w[i] {
			w[i][k] = t
		}
	}
	return w
}

//go:noescape
func dotAVX512(sums *[tileRows * tileColumns]int32, a []int16, stride int, w []int8, depth int)

//go:noescape
func dot16AVX512(sums *[tileRows * lanes]int32, a []int16, stride int, w []int16, depth int)

//go:noescape
func dotAVX2(sums *[tileRows * tileColumns]int32, a []int16, stride int, w []int8, depth int)

//go:noescape
func dot16AVX2(sums *[tileRows * lanes]int32, a []int16, stride int, w []int16, depth int)

//go:noescape
func rescaleAVX2(to []float32, sums []int32, by float32, scale, bias []float32)

//go:noescape
func largestAVX2(x []float32) float32

//go:noescape
func roundAVX2(q []int16, x []float32, by float32)

//go:noescape
func geluAVX2(x []float32)

//go:noescape
func softmaxAVX2(weights []int16, scores []float32)

//go:noescape
func normaliseAVX2(x, y, gain, bias []float32)
