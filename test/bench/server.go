package main

import "errors"

func benchServer(dir, binary string, sizes []int) (any, error) { return nil, errors.ErrUnsupported }
func benchHTTP(dir, binary string) (any, error)                { return nil, errors.ErrUnsupported }
