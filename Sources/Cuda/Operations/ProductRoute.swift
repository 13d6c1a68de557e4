package import Tensors

/// What is known of a product before it is decided who makes it.
package struct ProductTraits: Hashable {
    /// Row r of the left operand is row r of a stored matrix: nothing is gathered on the way.
    package var isPlain = true
    package var activation = Activation.identity
    package var hasBias = false
    package var hasResidual = false
    package var hasImageBias = false
    package var isGated = false
    /// Operands begin at multiples of 16 bytes.
    package var isAligned = true

    package init() {}
}

/// Who makes a product where cuBLASLt is at hand.
///
/// It takes what is one product of stored matrices and one of its epilogues: a bias, a rectifier,
/// a sum with what was there. Its GELU is the hyperbolic tangent's, not the error function's, and
/// others it has none; it adds before the activation, weft after. Everything else goes through
/// weft's own kernels, which gather, gate and activate on the way.
package enum ProductRoute: Hashable {
    case tiles
    case library(Epilogue)

    /// What cuBLASLt does with the sums.
    package struct Epilogue: Hashable, Sendable {
        package var hasBias: Bool
        package var isRectified: Bool
        /// The residual is its C.
        package var addsResidual: Bool

        package init(hasBias: Bool, isRectified: Bool, addsResidual: Bool) {
            self.hasBias = hasBias
            self.isRectified = isRectified
            self.addsResidual = addsResidual
        }
    }

    /// Decides by the product alone.
    package init(_ traits: ProductTraits) {
        let isSimple = traits.activation == .identity
        let isRectified = traits.activation == .relu && !traits.hasResidual
        guard traits.isPlain, traits.isAligned, !traits.isGated, !traits.hasImageBias,
            isSimple || isRectified
        else {
            self = .tiles
            return
        }
        self = .library(
            Epilogue(
                hasBias: traits.hasBias,
                isRectified: isRectified,
                addsResidual: traits.hasResidual
            )
        )
    }
}
