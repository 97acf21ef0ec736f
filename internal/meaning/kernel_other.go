//go:build !amd64

package meaning

// kernels are those that this processor has, the fastest first.
func kernels() []kernel { return []kernel{generic} }
