"""The networks of compare.py in PyTorch: each as a function that runs it once.

Weights are random and none is zero, so that no branch is skipped; shapes and configurations are
those of `weft benchmark`.
"""
import os
import sys

import torch
import torch.nn.functional as F

SD15 = dict(
    sample_size=64, block_out_channels=(320, 640, 1280, 1280), cross_attention_dim=768,
    attention_head_dim=8,
    down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
)
MOTION = dict(
    sample_size=64, block_out_channels=(320, 640, 1280, 1280), cross_attention_dim=768,
    num_attention_heads=8, motion_num_attention_heads=8, motion_max_seq_length=32,
    use_motion_mid_block=True,
    down_block_types=("CrossAttnDownBlockMotion",) * 3 + ("DownBlockMotion",),
    up_block_types=("UpBlockMotion",) + ("CrossAttnUpBlockMotion",) * 3,
)
VAE = dict(
    block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4,
    down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
)


def filled(model):
    """The model for inference, parameters that start at zero given ordinary values."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.abs().max() == 0:
                parameter.normal_(0, 0.02)
    return model.eval()


def sd15(size):
    from diffusers import UNet2DConditionModel

    height, width = map(int, size.split("x"))
    model = filled(UNet2DConditionModel(**SD15))
    x, context = torch.randn(1, 4, height, width), torch.randn(1, 77, 768)
    return model, lambda m: m(x, 500, encoder_hidden_states=context).sample


def gen1(size):
    """The network that weft runs: one content token, temporal layers on."""
    goldens = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../ModelsTests/Goldens")
    sys.path.insert(0, goldens)
    from make_unet_vae import gen1_model

    frames, height, width = map(int, size.split("x"))
    config = dict(SD15, in_channels=12, temporal_kernel_size=3, max_frames=16)
    model, _ = gen1_model(config, frames)
    model = filled(model)
    x, content = torch.randn(frames, 12, height, width), torch.randn(frames, 1, 768)
    return model, lambda m: m(x, 500, encoder_hidden_states=content).sample


def motion(size):
    """diffusers' own video UNet of the same widths: a text of 77 tokens, motion modules."""
    from diffusers import UNetMotionModel

    frames, height, width = map(int, size.split("x"))
    model = filled(UNetMotionModel(**MOTION))
    x, context = torch.randn(1, 4, frames, height, width), torch.randn(frames, 77, 768)
    return model, lambda m: m(x, 500, encoder_hidden_states=context).sample


def vae_decoder(size):
    from diffusers import AutoencoderKL

    numbers = [int(number) for number in size.split("x")]
    frames, height, width = numbers if len(numbers) == 3 else [1] + numbers
    model = filled(AutoencoderKL(**VAE))
    latent = torch.randn(frames, 4, height, width)
    return model, lambda m: m.decode(latent).sample


def image_encoder(size):
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16,
        hidden_act="quick_gelu", projection_dim=768, image_size=224, patch_size=14,
    )
    model = filled(CLIPVisionModelWithProjection(config))
    pixels = torch.randn(1, 3, 224, 224)
    return model, lambda m: m(pixel_values=pixels).image_embeds


def depth(size):
    from transformers import DPTConfig, DPTForDepthEstimation

    config = DPTConfig(
        hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
        image_size=384, patch_size=16, backbone_out_indices=[5, 11, 17, 23],
        neck_hidden_sizes=[256, 512, 1024, 1024], fusion_hidden_size=256,
        readout_type="project", is_hybrid=False,
    )
    model = filled(DPTForDepthEstimation(config))
    pixels = torch.randn(1, 3, 384, 384)
    return model, lambda m: m(pixel_values=pixels).predicted_depth


class TemporalAttention(torch.nn.Module):
    """Attention along the frames of tokens [frames, pixels, 3 · channels], as networks hold them:
    it begins and ends with the copies that bring the frames of a pixel together and apart."""

    def __init__(self, heads, width):
        super().__init__()
        self.heads, self.width = heads, width

    def forward(self, x):
        frames, pixels, _ = x.shape
        lines = x.transpose(0, 1).contiguous()
        q, k, v = lines.view(pixels, frames, 3, self.heads, self.width).unbind(2)
        y = F.scaled_dot_product_attention(*(t.transpose(1, 2) for t in (q, k, v)))
        return y.transpose(1, 2).reshape(pixels, frames, -1).transpose(0, 1).contiguous()


def temporal_attention(size):
    frames, pixels, heads, width = map(int, size.split("x"))
    x = torch.randn(frames, pixels, 3 * heads * width)
    return TemporalAttention(heads, width), lambda m: m(x)


BUILDERS = {
    "unet2d/sd15-": sd15,
    "gen1/full-": gen1,
    "motion/": motion,
    "vae_decoder/": vae_decoder,
    "image_encoder/": image_encoder,
    "depth/": depth,
    "temporalAttention/": temporal_attention,
}


def build(name):
    """The module of that name and a function that runs it once."""
    torch.manual_seed(0)
    for prefix, builder in BUILDERS.items():
        if name.startswith(prefix):
            return builder(name[len(prefix):])
    raise SystemExit(f"references.py: no reference for {name}")


def operations(module, run):
    """Additions and multiplications of the products of one run."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    # The counter knows no fused attention of the CPU: as two products it is counted.
    counter = FlopCounterMode(display=False)
    with counter, sdpa_kernel(SDPBackend.MATH):
        run(module)
    return counter.get_total_flops()
