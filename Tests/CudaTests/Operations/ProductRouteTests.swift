import Cuda
import Tensors
import Testing

struct ProductRouteTests {
    /// Everything that can be said of a product.
    private static let all: [ProductTraits] = {
        var all: [ProductTraits] = []
        for bits in 0..<64 {
            for activation in Activation.allCases {
                var traits = ProductTraits()
                traits.isPlain = bits & 1 != 0
                traits.hasBias = bits & 2 != 0
                traits.hasResidual = bits & 4 != 0
                traits.hasImageBias = bits & 8 != 0
                traits.isGated = bits & 16 != 0
                traits.isAligned = bits & 32 != 0
                traits.activation = activation
                all.append(traits)
            }
        }
        return all
    }()

    @Test func `the library does what it is told to, and nothing else of a product is left out`() {
        for traits in Self.all {
            guard case .library(let epilogue) = ProductRoute(traits) else { continue }
            #expect(epilogue.hasBias == traits.hasBias)
            #expect(epilogue.addsResidual == traits.hasResidual)
            #expect(epilogue.isRectified == (traits.activation == .relu))
            // Weft adds the residual to what was activated, the library before it activates.
            #expect(!epilogue.addsResidual || traits.activation == .identity)
            // Of these the library knows nothing.
            #expect(!traits.isGated && !traits.hasImageBias && traits.isPlain && traits.isAligned)
            #expect(![.silu, .gelu, .quickGELU].contains(traits.activation))
        }
    }

    @Test func `linear layers without an activation go to the library, whatever they add`() {
        let plain = Self.all.filter {
            $0.isPlain && $0.isAligned && !$0.isGated && !$0.hasImageBias
                && $0.activation == .identity
        }
        #expect(plain.count == 4)
        for traits in plain { #expect(ProductRoute(traits) != .tiles) }
        #expect(ProductRoute(ProductTraits()) != .tiles)
    }
}
