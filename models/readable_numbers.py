"""Numbers as a person reads them. The report and result.json hold the same ones with all their digits."""

from __future__ import annotations

from dataclasses import replace

from tilscope.models.result import Measurement, SignatureResult, unit_text

#: By id, where the unit alone is not enough.
_DECIMALS = {"sphericity": 2, "surface_volume_ratio": 2}
#: Of another scanner or phase it would differ by tens of percent.
_ENHANCEMENT = ("pe_", "bpe_")

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def shown(measurement: Measurement) -> str:
    """The number with its unit, in the digits of its quantity; or a dash and why there is none.

    >>> shown(Measurement.of("volume", "Volume", 7.3745, "cm3"))
    '7.37 cm³'
    """
    value = measurement.value
    if value is None:
        return f"– {measurement.missing.value if measurement.missing else ''}"
    return f"{digits(measurement)} {unit_text(measurement.unit)}".rstrip()


def score_text(score: Measurement) -> str:
    """Probabilities and radscores have two decimals, like the published cut-offs."""
    if score.value is None or score.unit != "1":
        return shown(score)
    return fixed(score.value, 2)


def spread_range(signature: SignatureResult) -> str:
    """How far the score goes, as '0.44 to 0.61'; '' where that was not computed."""
    if signature.score is None or signature.spread is None:
        return ""
    low, high = (replace(signature.score, value=one) for one in signature.spread)
    return f"{score_text(low)} to {score_text(high)}"


def spread_sentence(signature: SignatureResult) -> str:
    """For reports; '' where it was not computed."""
    spread = spread_text(signature)
    return f"The score goes from {spread}." if spread else ""


def spread_text(signature: SignatureResult) -> str:
    """The same with what was done; '' where it was not computed."""
    spread = spread_range(signature)
    return f"{spread} with the outline a voxel wider, narrower or elsewhere" if spread else ""


def readings_text(signature: SignatureResult) -> str:
    """The score by the other admissible readings of the paper, each with its class; '' where there is none."""
    if signature.score is None or len(signature.readings) < 2:
        return ""
    return "; ".join(
        f"{one.name}: {score_text(replace(signature.score, value=one.value))}{f', {one.category}' if one.category else ''}"
        for one in signature.readings[1:]
    )


def readings_sentence(signature: SignatureResult) -> str:
    """For reports; '' where there is none."""
    others = readings_text(signature)
    return f"As the paper may also be read: {others}." if others else ""


def digits(measurement: Measurement) -> str:
    """Without its unit. No more than another reader, scanner or segmentation would repeat."""
    value = measurement.value
    if value is None:
        return "–"
    if measurement.id in _DECIMALS:
        return fixed(value, _DECIMALS[measurement.id])
    match measurement.unit:
        case "%" if abs(value) >= 100 and measurement.id.startswith(_ENHANCEMENT):
            return tens(value)
        case "%" | "mm":
            return fixed(value, 0 if abs(value) >= 10 else 1)
        case "cm3" if value >= 1000:
            return tens(value)
        case "cm3" if 0 < value < 0.005:
            return "< 0.01"
        case "cm3":
            return fixed(value, 0 if value >= 100 else 1 if value >= 10 else 2)
        case "{ratio}":
            return fixed(value, 2)
        case _:
            return significant(value)


def fixed(value: float, decimals: int) -> str:
    """
    >>> fixed(-0.001, 2), fixed(0.604145, 2)
    ('0.00', '0.60')
    """
    text = f"{value:.{decimals}f}"
    return (text.lstrip("-") if float(text) == 0 else text).replace("-", "−")


def tens(value: float) -> str:
    """
    >>> tens(1531.4), tens(-136.2)
    ('1530', '−140')
    """
    return fixed(10 * round(value / 10), 0)


def significant(value: float, digits: int = 3) -> str:
    """So many significant digits, without an exponent where a person reads it without one.

    >>> significant(0.0588742), significant(31130.1), significant(-37.0343), significant(0.0000123), significant(4.0)
    ('0.0589', '31130', '−37.0', '1.23·10⁻⁵', '4')
    """
    if value == round(value) and abs(value) < 10**digits:
        return fixed(value, 0)  # a count
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    exponent = int(power)
    if not -4 <= exponent <= 6:
        return f"{mantissa.replace('-', '−')}·10{str(exponent).translate(_RAISED)}"
    return fixed(value, max(0, digits - 1 - exponent))


def signed(value: float) -> str:
    """With two significant digits and its sign."""
    return ("+" if value > 0 else "") + significant(value, 2)
