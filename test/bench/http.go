package main

import "errors"

func benchHTTP(dir, binary string) (any, error) { return nil, errors.ErrUnsupported }
