// Multiply and add: one step where the processor has it. The sources of this module are compiled up to
// three times, for x86-64 as it was born (Kernels), with AVX2 (KernelsV3) and with AVX-512 (KernelsV4); the
// last two are links to these files. `Processor` says which of them may run.

/// Eight numbers of half the width, and so of half the time.
typealias FloatLanes = SIMD8<Float>
/// Eight numbers.
typealias DoubleLanes = SIMD8<Double>

/// x·y + z, rounded once or twice.
@inline(__always)
func fused(_ x: FloatLanes, _ y: FloatLanes, _ z: FloatLanes) -> FloatLanes {
  // On plain x86-64 the fused form is a call of the C library for each lane.
  #if FUSED
    z.addingProduct(x, y)
  #else
    x * y + z
  #endif
}

/// The same of sixteen numbers.
@inline(__always)
func fused(_ x: SIMD16<Float>, _ y: SIMD16<Float>, _ z: SIMD16<Float>) -> SIMD16<Float> {
  #if FUSED
    z.addingProduct(x, y)
  #else
    x * y + z
  #endif
}

/// The same with constants.
@inline(__always)
func fused(_ x: FloatLanes, _ y: Float, _ z: Float) -> FloatLanes {
  fused(x, FloatLanes(repeating: y), FloatLanes(repeating: z))
}

/// The same with a constant.
@inline(__always)
func fused(_ x: FloatLanes, _ y: FloatLanes, _ z: Float) -> FloatLanes {
  fused(x, y, FloatLanes(repeating: z))
}

/// The same in double precision.
@inline(__always)
func fused(_ x: DoubleLanes, _ y: DoubleLanes, _ z: DoubleLanes) -> DoubleLanes {
  #if FUSED
    z.addingProduct(x, y)
  #else
    x * y + z
  #endif
}
