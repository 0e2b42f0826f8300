// The one file that touches the system's mathematics library.
// Everything else in Models calls these names; special functions are in SpecialFunctions.swift and
// the functions over lanes in LaneMath.swift.

import Glibc

@inline(__always)
func log(_ x: Double) -> Double { Glibc.log(x) }

@inline(__always)
func log1p(_ x: Double) -> Double { Glibc.log1p(x) }

@inline(__always)
func exp(_ x: Double) -> Double { Glibc.exp(x) }

@inline(__always)
func expm1(_ x: Double) -> Double { Glibc.expm1(x) }

@inline(__always)
func sinh(_ x: Double) -> Double { Glibc.sinh(x) }

@inline(__always)
func sin(_ x: Double) -> Double { Glibc.sin(x) }

@inline(__always)
func atan(_ x: Double) -> Double { Glibc.atan(x) }

@inline(__always)
func cosh(_ x: Double) -> Double { Glibc.cosh(x) }

@inline(__always)
func erfc(_ x: Double) -> Double { Glibc.erfc(x) }
