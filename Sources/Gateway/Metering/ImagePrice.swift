import Chat

/// The price of images in multiples of a model's ratio (spec/billing.md §4).
struct ImagePrice: Sendable, Equatable {
    var count: Int64
    /// The factor for size and quality.
    var factor: Ratio

    /// - Parameters:
    ///   - count: how many images are requested; `ImageLimits` has checked it.
    ///   - size: such as `1024x1024`. A size without its own price costs as much as the smallest.
    init(model: String, count: Int64, size: String?, quality: String?) {
        self.count = count
        let billionths = Self.sizes[model]?[size ?? "1024x1024"] ?? Ratio.scale
        let isHD = model == "dall-e-3" && quality == "hd"
        let isSquare = size == nil || size == "1024x1024"
        factor = Ratio(units: isHD ? (isSquare ? billionths * 2 : billionths * 3 / 2) : billionths)
    }

    /// - Parameter model: the upstream's name, which decides the price.
    init(_ request: ImageRequest, model: String) {
        self.init(model: model, count: request.count ?? 1, size: request.size, quality: request.quality)
    }

    private static let sizes: [String: [String: Int64]] = [
        "dall-e-2": ["256x256": 1_000_000_000, "512x512": 1_125_000_000, "1024x1024": 1_250_000_000],
        "dall-e-3": ["1024x1024": 1_000_000_000, "1024x1792": 2_000_000_000, "1792x1024": 2_000_000_000],
    ]
}

extension Rates {
    /// `int(model ratio × group ratio × factor × 1000) × count`, times the model's own ratio of a picture.
    func quota(for images: ImagePrice) -> Int64 {
        let factor = images.factor.scaled(by: parts.picture, over: .one)
        let single = price.scaled(by: UInt128(clamping: factor.units), over: Self.scale / 1000).quotient
        let (whole, isTooMuch) = single.multipliedReportingOverflow(by: UInt128(clamping: images.count))
        return isTooMuch ? Self.mostQuota : min(Self.mostQuota, Int64(clamping: whole))
    }

    var imageLogText: String {
        "倍率：\(model.twoDecimals) × \(group.twoDecimals)"
            + (parts.picture == .one ? "" : "，图片 × \(parts.picture.twoDecimals)")
    }
}
