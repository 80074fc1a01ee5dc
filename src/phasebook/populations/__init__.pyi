from .majority_vote import majority_bias as majority_bias
