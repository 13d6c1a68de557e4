"""Makes the image fixtures of Goldens/Images: Pillow's resampling and the preprocessors' output.

Versions: Python 3.11, pillow 13.0.0, numpy 2.4.6, safetensors, transformers 5.23.0.
Run from this folder: python make_images.py
"""

import os

import numpy as np
import PIL
import transformers
from PIL import Image
from safetensors.numpy import save_file
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

assert PIL.__version__ == "13.0.0", PIL.__version__
assert transformers.__version__ == "5.23.0", transformers.__version__

FILTERS = {"lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4}
# Width and height of the source, width and height of the result.
SIZES = [
    (37, 23, 16, 16), (16, 16, 37, 23), (40, 30, 40, 11), (40, 30, 13, 30), (7, 5, 29, 31),
    (1, 1, 5, 4), (50, 3, 8, 9), (3, 50, 9, 8), (31, 31, 31, 31), (64, 48, 1, 1), (20, 20, 21, 19),
]


def noise(width, height, seed):
    """Random bytes beside smooth and saturated areas, where rounding and clipping show."""
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    x = np.linspace(0, 255, width).astype(np.uint8)
    image[: height // 3, :, 0] = x
    image[height // 2 :, : width // 2] = np.where(image[height // 2 :, : width // 2] > 127, 255, 0)
    return image


def main():
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Images")
    os.makedirs(here, exist_ok=True)
    tensors = {}
    for index, (width, height, to_width, to_height) in enumerate(SIZES):
        source = noise(width, height, index)
        tensors[f"{index}.source"] = source
        for name, number in FILTERS.items():
            resized = Image.fromarray(source).resize((to_width, to_height), resample=number)
            tensors[f"{index}.{name}"] = np.asarray(resized)
    save_file(tensors, f"{here}/resampling.safetensors")

    tensors = {}
    for index, (width, height) in enumerate([(45, 31), (31, 45), (24, 24), (33, 70), (19, 14)]):
        source = noise(width, height, 100 + index)
        tensors[f"{index}.source"] = source
        image = Image.fromarray(source)
        clip = CLIPImageProcessorPil(size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24})
        dpt = DPTImageProcessorPil(size={"height": 32, "width": 32}, resample=2)
        fitted = DPTImageProcessorPil(
            size={"height": 32, "width": 32}, resample=3, keep_aspect_ratio=True, ensure_multiple_of=8
        )
        cropped = CLIPImageProcessorPil(
            size={"shortest_edge": 30}, crop_size={"height": 23, "width": 23}, resample=2
        )
        for name, processor in (("clip", clip), ("dpt", dpt), ("fitted", fitted), ("cropped", cropped)):
            values = processor(image, return_tensors="np")["pixel_values"][0]
            tensors[f"{index}.{name}"] = np.ascontiguousarray(values.transpose(1, 2, 0).astype(np.float32))
    save_file(tensors, f"{here}/preprocessing.safetensors")


main()
